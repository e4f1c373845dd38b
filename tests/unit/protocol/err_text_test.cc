#include "protocol/err_text.h"

#include <gtest/gtest.h>

namespace gannet::protocol {
namespace {

TEST(ErrText, QuotesWhatTheClientSent) {  // client-protocol §13
  EXPECT_EQ(publishViolation("a.\"b"), R"(Permissions Violation for Publish to "a.\"b")");
  EXPECT_EQ(replyViolation("_R_.x"), R"(Permissions Violation for Publish with Reply of "_R_.x")");
  EXPECT_EQ(subscriptionViolation("a", ""), R"(Permissions Violation for Subscription to "a")");
  EXPECT_EQ(subscriptionViolation("a", "_sys_"),
            R"(Permissions Violation for Subscription to "a" using queue "_sys_")");
  EXPECT_EQ(tooManyTokens("a.b.c.d"),
            R"(Permissions Violation for Subscription to "a.b.c.d", too many tokens)");
}

TEST(ErrText, KeepsTheFragmentsThatClientsMatch) {
  EXPECT_EQ(kStaleConnection, "Stale Connection");
  EXPECT_EQ(kAuthorizationViolation, "Authorization Violation");
  EXPECT_EQ(kMaxConnectionsExceeded, "maximum connections exceeded");
  EXPECT_EQ(kMaxPayloadViolation, "Maximum Payload Violation");
}

}  // namespace
}  // namespace gannet::protocol
