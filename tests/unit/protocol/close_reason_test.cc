#include "protocol/close_reason.h"

#include <gtest/gtest.h>

#include <set>

namespace gannet::protocol {
namespace {

constexpr int kReasons = 37;

TEST(CloseReason, HasATextOfItsOwn) {  // client-protocol §14
  std::set<std::string_view> texts;
  for (int number = 1; number <= kReasons; ++number) {
    texts.insert(textOf(static_cast<CloseReason>(number)));
  }

  EXPECT_EQ(texts.size(), kReasons);
  EXPECT_FALSE(texts.contains("Unknown State"));
  EXPECT_EQ(textOf(static_cast<CloseReason>(kReasons + 1)), "Unknown State");
}

TEST(CloseReason, HasTheNumberOfTheSpec) {
  struct Row {
    int number;
    CloseReason reason;
    std::string_view text;
  };

  constexpr Row kRows[] = {
      {1, CloseReason::client_closed, "Client Closed"},
      {6, CloseReason::slow_consumer_write_deadline, "Slow Consumer (Write Deadline)"},
      {14, CloseReason::max_account_connections_exceeded, "Maximum Account Connections Exceeded"},
      {21, CloseReason::server_shutdown, "Server Shutdown"},
      {28, CloseReason::no_responders_requires_headers, "No Responders Requires Headers"},
      {37, CloseReason::proxy_required, "Proxy Required"},
  };
  for (const Row& row : kRows) {
    EXPECT_EQ(static_cast<int>(row.reason), row.number);
    EXPECT_EQ(textOf(row.reason), row.text);
  }
}

TEST(CloseReason, FlushesUnlessThePeerCannotTakeIt) {  // client-protocol §7.2
  const std::set<CloseReason> without = {
      CloseReason::read_error, CloseReason::write_error, CloseReason::slow_consumer_pending_bytes,
      CloseReason::slow_consumer_write_deadline, CloseReason::tls_handshake_failure};
  for (int number = 1; number <= kReasons; ++number) {
    const auto reason = static_cast<CloseReason>(number);
    EXPECT_EQ(flushesBeforeClose(reason), !without.contains(reason)) << textOf(reason);
  }
}

}  // namespace
}  // namespace gannet::protocol
