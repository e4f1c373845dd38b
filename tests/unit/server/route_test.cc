// A message's way to its receivers, step by step: no thread, no socket, no clock but the test's.

#include "server/delivery/publish.h"
#include "server/message/link.h"
#include "server/message/plan.h"
#include "server/state/internal.h"
#include "tests/unit/server/still_shards.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

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
    sub.flags |= flags::kCounted;
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
  sub.flags |= flags::kCounted;

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
    sub.flags |= flags::kCounted;
  }

  requester.send("PUB ask reply 0\r\n\r\n");
  shards.settle();

  const std::string got = requester.take();
  EXPECT_THAT(got, HasSubstr("NATS/1.0 503\r\n"));
  EXPECT_EQ(got.find("503", got.find("503") + 1), std::string::npos);
}

// A request whose picked members on shard 1 leave while it is under way there: members of two
// groups on shards 2 and 3 stand in.
class StandIns : public testing::Test {
 protected:
  void SetUp() override { requester.send("SUB inbox 1\r\n"); }

  // One request. The members of the two groups say the rest once it is under way again.
  void ask(std::string_view first_says, std::string_view second_says) {
    picked.send("SUB ask g1 1\r\nSUB ask g2 2\r\n");
    in_first.send("SUB ask g1 1\r\n");
    in_second.send("SUB ask g2 1\r\n");
    shards.settle();
    requester.send("PUB ask inbox 0\r\n\r\n");
    shards.turn(0);
    picked.send("UNSUB 1\r\nUNSUB 2\r\n");
    shards.turn(1);
    in_first.send(first_says);
    in_second.send(second_says);
    shards.settle();
    picked.take();
  }

  std::size_t told() {
    const std::string text = requester.take();
    std::size_t count = 0;
    for (std::size_t at = text.find(" 503"); at != std::string::npos;
         at = text.find(" 503", at + 1))
      ++count;
    return count;
  }

  static constexpr int kRounds = 100;
  StillShards shards{4};
  StillClient requester = shards.login(0, kAsks);
  StillClient picked = shards.login(1);
  StillClient in_first = shards.login(2);
  StillClient in_second = shards.login(3);
};

TEST_F(StandIns, OnTwoShardsAnswerForTheOneThatAskedThem) {
  in_first.send("SUB ask 9\r\n");  // so that several shards are asked from the start
  for (int i = 0; i < kRounds; ++i) {
    ask("", "");
    EXPECT_EQ(told(), 0U) << i;
  }
}

TEST_F(StandIns, ThatHaveAllLeftAreNoRespondersOnce) {
  for (int i = 0; i < kRounds; ++i) {
    ask("UNSUB 1\r\n", "UNSUB 1\r\n");
    EXPECT_LE(told(), 1U) << i;
  }
}

TEST_F(StandIns, OfOneGroupAreEnough) {
  int delivered = 0;
  for (int i = 0; i < kRounds; ++i) {
    in_first.take();
    ask("", "UNSUB 1\r\n");
    if (in_first.take().find("MSG ask") == std::string::npos) continue;
    ++delivered;
    EXPECT_EQ(told(), 0U) << i;
  }
  EXPECT_GT(delivered, 0);
}

// ---- groups that plans do not copy: client-protocol §9.2

TEST(LargeGroups, GiveEachMessageToOneMemberOfAnyShardAndAllTheSameShare) {
  constexpr std::size_t kShards = 2;
  constexpr int kMembers = static_cast<int>(Group::kMaxCopied);  // a shard
  constexpr std::size_t kMessages = 40 * kShards * Group::kMaxCopied;
  StillShards shards(kShards);
  std::vector<StillClient> clients;
  for (std::size_t shard = 0; shard < kShards; ++shard) {
    clients.push_back(shards.login(shard));
    for (int sid = 0; sid < kMembers; ++sid)  // one name under two patterns
      clients.back().send(fmt::format("SUB {} q {}\r\n", sid % 2 == 0 ? "a.b" : "a.*", sid));
  }
  shards.settle();
  StillClient publisher = shards.login(0);
  for (std::size_t i = 0; i < kMessages; ++i)
    publisher.send("PUB a.b 0\r\n\r\n");
  shards.settle();

  std::uint64_t delivered = 0;
  for (StillClient& client : clients) {
    client.take();
    for (const Subscription* const sub : client.session.subs) {
      delivered += sub->delivered;
      EXPECT_GT(sub->delivered, 5U) << sub->sid;  // of 40: less is one in 10^10
      EXPECT_LT(sub->delivered, 100U) << sub->sid;
    }
  }
  EXPECT_EQ(delivered, kMessages);
}

TEST(LargeGroups, PassByMembersThatTakeNothing) {
  StillShards shards(1);
  StillClient client = shards.login();
  for (std::size_t sid = 0; sid <= Group::kMaxCopied; ++sid)
    client.send(fmt::format("SUB a q {}\r\n", sid));
  shards.settle();
  const Subscription* const willing = *client.session.subs.begin();
  for (Subscription* const sub : client.session.subs) {
    if (sub != willing) sub->flags |= flags::kCounted;  // and has had its maximum, none
  }
  client.send("PUB a 0\r\n\r\n");
  shards.settle();
  EXPECT_EQ(client.take(), fmt::format("MSG a {} 0\r\n\r\n", willing->sid));
}

TEST(LargeGroups, AreNoneOnceTheirMembersHaveLeft) {
  StillShards shards(1);
  StillClient client = shards.login(0, kAsks);
  std::string leave;
  for (std::size_t sid = 0; sid <= Group::kMaxCopied; ++sid) {
    client.send(fmt::format("SUB a q {}\r\n", sid));
    leave += fmt::format("UNSUB {}\r\n", sid);
  }
  client.send("SUB reply r\r\nPUB a 0\r\n\r\n" + leave + "PUB a reply 0\r\n\r\n");
  shards.settle();
  EXPECT_THAT(client.take(), HasSubstr("NATS/1.0 503\r\n"));
}

// ---- internal receivers

// Counts what it is called for, on which shard, and does what the test says.
struct CountingReceiver {
  std::vector<std::string> bodies;
  std::vector<ShardId> shards;
  std::function<void(Shard&, const Publication&)> also;

  InternalHandler handler() {
    return {[](void* context, Shard& shard, const Publication& message) {
              static_cast<CountingReceiver*>(context)->take(shard, message);
            },
            this};
  }

  void take(Shard& shard, const Publication& message) {
    bodies.emplace_back(message.body.view().substr(0, message.size()));
    shards.push_back(shard.loop.id());
    if (also) also(shard, message);
  }
};

// An internal subscription that ends with the test.
class Internal {
 public:
  Internal(Shard& home, std::string_view pattern, std::string_view queue, InternalHandler handler)
      : home_(home), id(*subscribeInternal(home, home.accounts.at(0), pattern, queue, handler)) {}

  Internal(const Internal&) = delete;
  Internal& operator=(const Internal&) = delete;

  ~Internal() { end(); }

  void end() {
    unsubscribeInternal(home_, home_.accounts.at(0), id);
    home_.accounts.at(0).sync();
  }

 private:
  Shard& home_;

 public:
  SubscriptionId id;
};

using testing::Each;
using testing::ElementsAre;

TEST(InternalReceivers, AreCalledAtHomeForMessagesOfEveryShardInOrderAndOnce) {
  StillShards shards(2);
  CountingReceiver counting;
  const Internal receiver(shards.shard(1), "a.>", "", counting.handler());
  StillClient publisher = shards.login(0);
  StillClient neighbour = shards.login(1);
  neighbour.send("SUB a.b 1\r\n");
  shards.settle();

  publisher.send("PUB a.b 1\r\n1\r\nPUB a.c 1\r\n2\r\nPUB a.b 1\r\n3\r\n");
  shards.settle();

  EXPECT_THAT(counting.bodies, ElementsAre("1", "2", "3"));
  EXPECT_THAT(counting.shards, Each(1));
  EXPECT_EQ(neighbour.take(), "MSG a.b 1 1\r\n1\r\nMSG a.b 1 1\r\n3\r\n");
}

TEST(InternalReceivers, ShareAQueueGroupWithClientsOfTwoShards) {
  constexpr std::size_t kMessages = 900;
  StillShards shards(2);
  CountingReceiver counting;
  const Internal receiver(shards.shard(1), "a", "q", counting.handler());
  StillClient publisher = shards.login(0);
  StillClient near = shards.login(0);
  StillClient far = shards.login(1);
  near.send("SUB a q 1\r\n");
  far.send("SUB * q 2\r\n");
  shards.settle();

  for (std::size_t i = 0; i < kMessages; ++i)
    publisher.send("PUB a 0\r\n\r\n");
  shards.settle();

  const std::size_t size = std::string_view("MSG a 1 0\r\n\r\n").size();
  const std::size_t clients = (near.take().size() + far.take().size()) / size;
  EXPECT_EQ(clients + counting.bodies.size(), kMessages);
  // A third each: ten standard deviations.
  EXPECT_NEAR(static_cast<double>(counting.bodies.size()), kMessages / 3.0, 140);
}

TEST(InternalReceivers, MayEndThemselvesAndOthersFromInside) {
  StillShards shards(1);
  CountingReceiver first;
  CountingReceiver second;
  Internal one(shards.shard(), "a", "", first.handler());
  Internal other(shards.shard(), "a", "", second.handler());
  const auto endBoth = [&](Shard&, const Publication&) {
    one.end();
    other.end();
  };
  first.also = second.also = endBoth;
  StillClient publisher = shards.login();

  publisher.send("PUB a 1\r\n1\r\nPUB a 1\r\n2\r\n");
  shards.settle();

  EXPECT_EQ(first.bodies.size() + second.bodies.size(), 1U);
}

// What a handler publishes to another receiver does not overtake what came first, and what follows
// does not overtake that.
TEST(InternalReceivers, SeeMessagesInOrderWhenAHandlerPublishes) {
  StillShards shards(1);
  CountingReceiver log;
  CountingReceiver source;
  const Internal all(shards.shard(), "log", "", log.handler());
  const Internal from(shards.shard(), "in", "", source.handler());
  source.also = [](Shard& shard, const Publication& message) {
    for (const char* const mark : {"a", "b"}) {
      const std::string body = std::string(message.body.view().substr(0, message.size())) + mark;
      publishInternal(shard, shard.accounts.at(0),
                      OwnedPublication(Occasion::answer, "log", "", "", body).view());
    }
  };
  StillClient publisher = shards.login();

  publisher.send("PUB in 1\r\n1\r\nPUB log 1\r\n-\r\nPUB in 1\r\n2\r\n");
  shards.settle();

  EXPECT_THAT(log.bodies, ElementsAre("1a", "1b", "-", "2a", "2b"));
}

TEST(InternalReceivers, ThatAnswerEachOtherForEverLeaveTheTurnToOthers) {
  StillShards shards(1);
  CountingReceiver ping;
  CountingReceiver pong;
  const auto answerOn = [](std::string_view subject) {
    return [subject](Shard& shard, const Publication&) {
      publishInternal(shard, shard.accounts.at(0),
                      OwnedPublication(Occasion::answer, subject, "", "", "x").view());
    };
  };
  const Internal one(shards.shard(), "ping", "", ping.handler());
  const Internal other(shards.shard(), "pong", "", pong.handler());
  ping.also = answerOn("pong");
  pong.also = answerOn("ping");
  StillClient client = shards.login();

  client.send("PUB ping 0\r\n\r\nPING\r\n");
  EXPECT_TRUE(shards.turn());

  EXPECT_EQ(client.take(), "PONG\r\n");
  EXPECT_LE(ping.bodies.size(), 2 * InternalCalls::kMaxCalls);
  ping.also = pong.also = nullptr;
  shards.settle();
}

TEST(InternalReceivers, CountAsResponders) {
  StillShards shards(2);
  CountingReceiver counting;
  const Internal receiver(shards.shard(1), "ask", "", counting.handler());
  StillClient requester = shards.login(0, kAsks);
  requester.send("SUB reply 1\r\nPUB ask reply 0\r\n\r\n");
  shards.settle();
  EXPECT_EQ(requester.take(), "");
  EXPECT_EQ(counting.bodies.size(), 1U);
}

// ---- links

// Another server, as far as this one sees it.
class LinkDouble final : public Link {
 public:
  explicit LinkDouble(Shard& home) : home_(home) {}

  ~LinkDouble() override {
    for (const auto& sub : subs_) {
      home_.accounts.at(0).account.interest.erase(*sub);
      home_.forgetName(*sub);
    }
    home_.accounts.at(0).sync();
  }

  void want(std::string_view pattern, std::string_view queue = "") {
    auto& sub = *subs_.emplace_back(std::make_unique<Subscription>());
    sub.link = this;
    home_.nameSubscription(sub);
    EXPECT_TRUE(home_.accounts.at(0).account.interest.insert(pattern, queue, sub).has_value());
    home_.accounts.at(0).sync();
  }

  void carry(const Publication& message, std::span<const std::string_view> queues) override {
    std::string call = message.account->account.name + " " + std::string(message.subject);
    for (const std::string_view queue : queues)
      call += " " + std::string(queue);
    calls.push_back(std::move(call));
  }

  std::vector<std::string> calls;

 private:
  Shard& home_;
  std::vector<std::unique_ptr<Subscription>> subs_;
};

class Links : public testing::TestWithParam<std::size_t> {};

TEST_P(Links, CarryAMessageOnceWhateverMatches) {
  StillShards shards(2);
  LinkDouble link(shards.shard(GetParam()));
  link.want("a.*");
  link.want("a.b");
  link.want("a.b", "one");
  link.want("a.>", "two");
  StillClient publisher = shards.login(0);

  publisher.send("PUB a.b 0\r\n\r\nPUB a.c 0\r\n\r\nPUB b 0\r\n\r\n");
  shards.settle();

  EXPECT_THAT(link.calls, ElementsAre("$G a.b one two", "$G a.c two"));
}

INSTANTIATE_TEST_SUITE_P(HereAndElsewhere, Links, testing::Values(0, 1));

// ---- shown under another subject

TEST(Route, ShowsAnotherSubjectThanItIsRoutedBy) {
  StillShards shards(2);
  StillClient near = shards.login(0);
  StillClient far = shards.login(1, R"("headers":true)");
  near.send("SUB inbox 1\r\n");
  far.send("SUB inbox 22\r\nSUB inbox q 3\r\n");
  shards.settle();
  const OwnedPublication owned(Occasion::answer, "inbox", "ack", "NATS/1.0\r\n\r\n", "hi");
  Publication message = owned.view();
  message.shown_as = "orders.new";

  publishInternal(shards.shard(0), shards.shard(0).accounts.at(0), message);
  shards.settle();

  EXPECT_EQ(near.take(), "MSG orders.new 1 ack 2\r\nhi\r\n");  // headers are stripped
  const std::string got = far.take();
  EXPECT_THAT(got, HasSubstr("HMSG orders.new 22 ack 12 14\r\nNATS/1.0\r\n\r\nhi\r\n"));
  EXPECT_THAT(got, HasSubstr("HMSG orders.new 3 ack 12 14\r\nNATS/1.0\r\n\r\nhi\r\n"));
}

}  // namespace
}  // namespace gannet::server
