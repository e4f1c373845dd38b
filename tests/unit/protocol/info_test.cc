#include "protocol/info.h"

#include <gtest/gtest.h>

namespace gannet::protocol {
namespace {

ServerInfo plainInfo() {
  ServerInfo info;
  info.server_id = "NB2";
  info.server_name = "gannet-1";
  info.version = "2.15.2";
  info.go = "go1.26.0";
  info.host = "0.0.0.0";
  info.port = 4222;
  info.max_payload = 1048576;
  info.client_id = std::uint64_t{5};
  info.client_ip = "127.0.0.1";
  info.api_lvl = 5;
  info.xkey = "XA";
  return info;
}

TEST(Info, HasABlankBeforeTheLineEnd) {  // client-protocol §3, §18 item 1
  EXPECT_EQ(encodeInfo(plainInfo()),
            R"(INFO {"server_id":"NB2","server_name":"gannet-1","version":"2.15.2","proto":1,)"
            R"("go":"go1.26.0","host":"0.0.0.0","port":4222,"headers":true,"max_payload":1048576,)"
            R"("client_id":5,"client_ip":"127.0.0.1","api_lvl":5,"xkey":"XA"} )"
            "\r\n");
}

TEST(Info, KeepsTheOrderOfTheSpec) {  // client-protocol §3.1
  ServerInfo info = plainInfo();
  info.git_commit = "abcdefg";
  info.auth_required = info.tls_required = info.tls_verify = info.tls_available = true;
  info.jetstream = info.cluster_dynamic = info.ldm = info.connect_info = info.acc_is_sys = true;
  info.ip = "ip";
  info.nonce = "n";
  info.cluster = "c";
  info.domain = "d";
  info.connect_urls = std::vector<std::string>{"a:1", "[::1]:2"};
  info.compression = "s2_fast";
  info.remote_account = "$G<>";

  EXPECT_EQ(encodeInfo(info),
            R"(INFO {"server_id":"NB2","server_name":"gannet-1","version":"2.15.2","proto":1,)"
            R"("git_commit":"abcdefg","go":"go1.26.0","host":"0.0.0.0","port":4222,"headers":true,)"
            R"("auth_required":true,"tls_required":true,"tls_verify":true,"tls_available":true,)"
            R"("max_payload":1048576,"jetstream":true,"ip":"ip","client_id":5,)"
            R"("client_ip":"127.0.0.1","nonce":"n","cluster":"c","cluster_dynamic":true,)"
            R"("domain":"d","connect_urls":["a:1","[::1]:2"],"ldm":true,"compression":"s2_fast",)"
            R"("connect_info":true,"remote_account":"$G\u003c\u003e","acc_is_sys":true,)"
            R"("api_lvl":5,"xkey":"XA"} )"
            "\r\n");
}

TEST(Info, FromAClientMustHaveItsShape) {  // client-protocol §4.2
  EXPECT_TRUE(checkInfo("{}").has_value());
  EXPECT_TRUE(checkInfo(R"({"server_id":"x","port":1,"anything":[]})").has_value());
  EXPECT_FALSE(checkInfo("").has_value());
  EXPECT_FALSE(checkInfo("[]").has_value());
  EXPECT_FALSE(checkInfo(R"({"port":"x"})").has_value());
  EXPECT_FALSE(checkInfo("{} {}").has_value());
}

}  // namespace
}  // namespace gannet::protocol
