#include "server/state/protocol_log.h"

#include "base/log.h"
#include "tests/unit/base/temp_folder.h"
#include "tests/unit/server/running_shards.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace gannet::server {
namespace {

using testing::HasSubstr;
using testing::Not;

// A server that logs protocol lines to a file.
class TraceLogTest : public testing::Test {
 protected:
  void SetUp() override {
    log::Settings log;
    log.file = folder.at("log");
    log.trace = true;
    ASSERT_TRUE(log::open(log).has_value());
  }

  void TearDown() override { log::close(); }

  // What is logged while one client sends `bytes` to a server with `options`.
  std::string traced(const config::Options& options, std::string_view bytes) {
    RunningShards shards(options);
    shards.start();
    shards.on(0, [](Shard& shard) { shard.logs_protocol = true; });
    Client client = shards.connect();
    client.send(bytes);
    client.send("PING\r\n");
    client.readThrough("PONG\r\n");
    log::flush();
    return readFile(folder.at("log"));
  }

  TempFolder folder;
};

constexpr std::string_view kConnect =
    "CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true}\r\n";

TEST_F(TraceLogTest, ShowsWhatGoesInAndOut) {  // config-and-cli §7.7
  const std::string log = traced(testOptions(), std::string(kConnect) +
                                                    "SUB foo  1\r\nPUB foo 5\r\nhello\r\n"
                                                    "UNSUB 1\r\nSUB a..b 2\r\n+OK\r\n");
  for (const std::string_view line :
       {"127.0.0.1:4321 - cid:1 - <<- [CONNECT {\"verbose\":false,", " - <<- [SUB foo  1]\n",
        " - <<- [PUB foo 5]\n", " - <<- MSG_PAYLOAD: [\"hello\"]\n", " - ->> [MSG foo 1 5]\n",
        " - ->> MSG_PAYLOAD: [\"hello\"]\n", " - <-> [DELSUB 1]\n",
        " - ->> [-ERR Invalid Subject]\n", " - <<- [PING]\n", " - ->> [PONG]\n"}) {
    EXPECT_THAT(log, HasSubstr(line));
  }
}

TEST_F(TraceLogTest, ShowsNoSecret) {
  const std::string log = traced(
      testOptions(),
      "CONNECT {\"user\":\"bob\",\"pass\":\"s3cr3t\",\"auth_token\":\"t0k3n\",\"sig\":\"s1g\","
      "\"nkey\":\"UKEY\",\"jwt\":\"j.w.t\",\"verbose\":false}\r\n");
  for (const std::string_view secret : {"s3cr3t", "t0k3n", "s1g", "UKEY"}) {
    EXPECT_THAT(log, Not(HasSubstr(secret)));
  }
  EXPECT_THAT(log, HasSubstr("[REDACTED]"));
  EXPECT_THAT(log, HasSubstr("bob"));
}

TEST_F(TraceLogTest, CutsLongPayloads) {
  config::Options options = testOptions();
  options.max_traced_msg_len = 4;
  const std::string log =
      traced(options, std::string(kConnect) + "PUB foo 5\r\nhello\r\nPUB foo 4\r\nfour\r\n");
  EXPECT_THAT(log, HasSubstr("MSG_PAYLOAD: [\"hell...\"]"));
  EXPECT_THAT(log, HasSubstr("MSG_PAYLOAD: [\"four\"]"));
}

TEST_F(TraceLogTest, ShowsHeadersOnlyIfAsked) {
  config::Options options = testOptions();
  options.trace_headers = true;
  const std::string log = traced(options, std::string(kConnect) +
                                              "HPUB foo 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nhi\r\n"
                                              "PUB foo 6\r\nhidden\r\n");
  EXPECT_THAT(log, HasSubstr(R"(MSG_PAYLOAD: ["NATS/1.0\r\nA: b"])"));
  EXPECT_THAT(log, Not(HasSubstr("hidden")));
}

TEST_F(TraceLogTest, QuotesWhatIsNoText) {
  const std::string log = traced(
      testOptions(), std::string(kConnect) + std::string("PUB foo 4\r\n\x00\"\xff\n\r\n", 17));
  EXPECT_THAT(log, HasSubstr(R"(MSG_PAYLOAD: ["\x00\"\xff\n"])"));
}

TEST_F(TraceLogTest, SaysNothingOfAnEmptyPayload) {
  const std::string log = traced(testOptions(), std::string(kConnect) + "PUB foo 0\r\n\r\n");
  EXPECT_THAT(log, HasSubstr("[PUB foo 0]"));
  EXPECT_THAT(log, Not(HasSubstr("MSG_PAYLOAD")));
}

}  // namespace
}  // namespace gannet::server
