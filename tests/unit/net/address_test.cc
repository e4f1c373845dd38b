#include "net/address.h"

#include "net/listener.h"
#include "net/socket.h"
#include "tests/unit/base/temp_folder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>

namespace gannet::net {
namespace {

TEST(Address, PutsBracketsAroundIpv6) {
  EXPECT_EQ(withPort("127.0.0.1", 4222), "127.0.0.1:4222");
  EXPECT_EQ(withPort("::1", 4222), "[::1]:4222");
}

TEST(Address, NamesBothEndsOfACallThatFailed) {
  const ListeningSocket v4 = listenTcp("127.0.0.1", -1, PortSharing::exclusive).value();
  const Socket owner4(v4.fd);
  EXPECT_EQ(callError(v4.fd, {"127.0.0.2", 5001}, "read", ECONNRESET),
            fmt::format("read tcp 127.0.0.1:{}->127.0.0.2:5001: read: connection reset by peer",
                        v4.port));
  const TempFolder folder;
  const std::string path = folder.at("socket");
  const ListeningSocket local = listenUnix(path, 0600).value();
  const Socket owner(local.fd);
  EXPECT_EQ(callError(local.fd, {"@", 0}, "write", EPIPE),
            fmt::format("write unix {}->@: write: broken pipe", path));
}

}  // namespace
}  // namespace gannet::net
