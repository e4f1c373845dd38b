#include "bench/client/wire.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace gannet::bench {
namespace {

TEST(Wire, ConnectsQuietlyAndWithoutCredentialsUnlessGiven) {
  EXPECT_EQ(connectLine({}),
            "CONNECT {\"verbose\":false,\"pedantic\":false,\"name\":\"gannet-bench\","
            "\"lang\":\"c++\",\"version\":\"1\",\"protocol\":1}\r\n");
  EXPECT_EQ(connectLine({.user = "a\"b", .password = "c", .token = "d"}),
            "CONNECT {\"verbose\":false,\"pedantic\":false,\"user\":\"a\\\"b\",\"pass\":\"c\","
            "\"auth_token\":\"d\",\"name\":\"gannet-bench\",\"lang\":\"c++\",\"version\":\"1\","
            "\"protocol\":1}\r\n");
}

TEST(Wire, WritesSubscriptionsAndMessages) {
  EXPECT_EQ(subscribeLine("a.b", "", "7"), "SUB a.b 7\r\n");
  EXPECT_EQ(subscribeLine("a.b", "q", "7"), "SUB a.b q 7\r\n");
  EXPECT_EQ(publishFrame("a", "", 0), "PUB a 0\r\n\r\n");
  EXPECT_EQ(publishFrame("a", "r", 3), "PUB a r 3\r\nxxx\r\n");
}

TEST(Wire, KnowsTheLengthOfWhatTheServerMakesOfAMessage) {
  for (const std::size_t size : {0U, 9U, 10U, 99U, 100U, 1'048'576U}) {
    const std::string frame =
        "MSG a.b 12 " + std::to_string(size) + "\r\n" + std::string(size, 'x') + "\r\n";

    EXPECT_EQ(messageFrameSize("a.b", "12", size), frame.size());
  }
}

TEST(Wire, ReadsTheControlLineOfADelivery) {
  struct Row {
    std::string_view line;
    bool is_message;
    std::string_view subject, reply;
    std::size_t size;
  };

  constexpr Row rows[] = {
      {"MSG a 1 5", true, "a", "", 5},  {"MSG a.b 12 _INBOX.1.2 0", true, "a.b", "_INBOX.1.2", 0},
      {"MSG a 1 5 ", true, "a", "", 5}, {"MSG a 1", false, "", "", 0},
      {"MSG a 1 x", false, "", "", 0},  {"MSG a 1 5x", false, "", "", 0},
      {"MSG a 1 -5", false, "", "", 0}, {"MSG a 1 99999999999999999999999", false, "", "", 0},
      {"MSGS a 1 5", false, "", "", 0}, {"PING", false, "", "", 0},
      {"", false, "", "", 0},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.line);
    const auto message = parseMessageLine(row.line);

    ASSERT_EQ(message.has_value(), row.is_message);
    if (!message.has_value()) continue;
    EXPECT_EQ(message->subject, row.subject);
    EXPECT_EQ(message->reply, row.reply);
    EXPECT_EQ(message->size, row.size);
  }
}

}  // namespace
}  // namespace gannet::bench
