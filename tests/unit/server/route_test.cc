// A message's way to its receivers, step by step: no thread, no socket, no clock but the test's.

#include "tests/unit/server/still_shards.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace gannet::server {
namespace {

using testing::HasSubstr;

constexpr std::string_view kAsks = R"("headers":true,"no_responders":true)";

TEST(Route, GoesToReceiversOnEveryShard) {
  StillShards shards(3);
  StillClient publisher = shards.login(0);
  StillClient near = shards.login(0);
  StillClient far = shards.login(2);
  near.send("SUB a.* 1\r\n");
  far.send("SUB > 2\r\nSUB a.b 3\r\n");
  shards.settle();

  publisher.send("PUB a.b r 2\r\nhi\r\n");
  shards.settle();

  EXPECT_EQ(near.take(), "MSG a.b 1 r 2\r\nhi\r\n");
  const std::string got = far.take();
  EXPECT_THAT(got, HasSubstr("MSG a.b 2 r 2\r\nhi\r\n"));
  EXPECT_THAT(got, HasSubstr("MSG a.b 3 r 2\r\nhi\r\n"));
}

// A session whose own message closes it publishes nothing of what was read behind that message.
TEST(Route, EndsWithTheSessionThatItsOwnMessageCloses) {
  config::Options options = testOptions();
  options.max_pending = 1000;
  StillShards shards(1, options);
  StillClient other = shards.login();
  StillClient session = shards.login();
  other.send("SUB after 1\r\n");
  session.send("SUB own 1\r\n");
  shards.settle();
  const std::string payload(600, 'x');
  const std::string own = "PUB own 600\r\n" + payload + "\r\n";

  session.takeOnly(0);
  session.send(own + own + own + "PUB after 2\r\nhi\r\nPUB after 2\r\nhi\r\n");
  shards.settle();

  EXPECT_FALSE(session.isOpen());
  EXPECT_EQ(other.take(), "");
}

// ---- no responders: client-protocol §9.4

TEST(NoResponders, AreToldWhenNobodyListens) {
  StillShards shards(2);
  StillClient requester = shards.login(0, kAsks);
  requester.send("SUB reply 1\r\nPUB ask reply 0\r\n\r\n");
  shards.settle();
  EXPECT_THAT(requester.take(), HasSubstr("NATS/1.0 503\r\nNats-Subject: ask\r\n"));
}

// Receivers that will not take the message, on whatever shards, are none.
class Unwilling : public testing::TestWithParam<int> {};

TEST_P(Unwilling, ReceiversAreNoResponders) {
  StillShards shards(4);
  StillClient requester = shards.login(0, kAsks);
  std::vector<StillClient> receivers;
  for (int shard = 1; shard <= GetParam(); ++shard) {
    receivers.push_back(shards.login(static_cast<std::size_t>(shard)));
    receivers.back().send("SUB ask 1\r\n");
  }
  requester.send("SUB reply 1\r\n");
  shards.settle();
  // Each has had its maximum, but is still part of the interest.
  for (StillClient& receiver : receivers) {
    Subscription& sub = **receiver.session.subs.begin();
    sub.max = sub.delivered;
    sub.special |= special::kCounted;
  }

  requester.send("PUB ask reply 0\r\n\r\n");
  shards.settle();

  EXPECT_THAT(requester.take(), HasSubstr("NATS/1.0 503\r\nNats-Subject: ask\r\n"));
  for (StillClient& receiver : receivers)
    EXPECT_EQ(receiver.take(), "");
}

INSTANTIATE_TEST_SUITE_P(OnOtherShards, Unwilling, testing::Values(1, 2, 3));

TEST(NoResponders, AreNotToldWhenOneOfSeveralShardsDelivered) {
  StillShards shards(3);
  StillClient requester = shards.login(0, kAsks);
  StillClient unwilling = shards.login(1);
  StillClient willing = shards.login(2);
  unwilling.send("SUB ask 1\r\n");
  willing.send("SUB ask 1\r\n");
  requester.send("SUB reply 1\r\n");
  shards.settle();
  Subscription& sub = **unwilling.session.subs.begin();
  sub.max = sub.delivered;
  sub.special |= special::kCounted;

  requester.send("PUB ask reply 0\r\n\r\n");
  shards.settle();

  EXPECT_EQ(requester.take(), "");
  EXPECT_EQ(willing.take(), "MSG ask 1 reply 0\r\n\r\n");
}

TEST(NoResponders, AreToldOnceWhenAGroupAndOtherShardsRefuse) {
  StillShards shards(3);
  StillClient requester = shards.login(0, kAsks);
  StillClient member = shards.login(1);
  StillClient plain = shards.login(2);
  member.send("SUB ask q 1\r\n");
  plain.send("SUB ask 1\r\n");
  requester.send("SUB reply 1\r\n");
  shards.settle();
  for (StillClient* const receiver : {&member, &plain}) {
    Subscription& sub = **receiver->session.subs.begin();
    sub.max = sub.delivered;
    sub.special |= special::kCounted;
  }

  requester.send("PUB ask reply 0\r\n\r\n");
  shards.settle();

  const std::string got = requester.take();
  EXPECT_THAT(got, HasSubstr("NATS/1.0 503\r\n"));
  EXPECT_EQ(got.find("503", got.find("503") + 1), std::string::npos);
}

}  // namespace
}  // namespace gannet::server
