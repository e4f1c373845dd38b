#include "server/delivery/closed_connection.h"

#include "tests/unit/server/running_shards.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace gannet::server {
namespace {

using protocol::CloseReason;

std::vector<ConnectionFacts> waitForClosed(RunningShards& shards, std::size_t count) {
  std::vector<ConnectionFacts> facts;
  for (const MonoTime end = monoNow() + kPatience; facts.size() < count && monoNow() < end;) {
    shards.on(0, [&](Shard& shard) { facts.assign(shard.closed.begin(), shard.closed.end()); });
  }
  return facts;
}

TEST(ClosedConnection, IsRememberedWithWhatItDid) {  // monitoring §3.4
  RunningShards shards;
  shards.start();
  Client client = shards.login(0, R"("name":"n","lang":"c","version":"1.2","user":"u")");
  client.send("SUB a 1\r\nPUB a 5\r\nhello\r\nPUB b 3\r\nbye\r\n");
  client.flush();
  client.send("PUB\r\n");
  client.readToEnd();

  const auto closed = waitForClosed(shards, 1);
  ASSERT_EQ(closed.size(), 1U);
  const ConnectionFacts& facts = closed[0];
  EXPECT_TRUE(facts.is_closed);
  EXPECT_EQ(facts.cid, 1U);
  EXPECT_EQ(facts.ip, "127.0.0.1");
  EXPECT_EQ(facts.port, 4321);
  EXPECT_EQ(facts.reason, CloseReason::protocol_violation);
  EXPECT_EQ(facts.in_msgs, 2U);
  EXPECT_EQ(facts.in_bytes, 8U);
  EXPECT_EQ(facts.out_msgs, 1U);
  EXPECT_EQ(facts.out_bytes, 5U);
  EXPECT_EQ(facts.name, "n");
  EXPECT_EQ(facts.lang, "c");
  EXPECT_EQ(facts.version, "1.2");
  EXPECT_LE(facts.start, facts.stop);
  EXPECT_LE(facts.start, facts.last_activity);
}

TEST(ClosedConnection, IsForgottenForALaterOne) {
  config::Options options = testOptions();
  options.max_closed_clients = 3;
  RunningShards shards(options);
  shards.start();
  for (std::size_t i = 1; i <= 7; ++i) {
    Client client = shards.login();
    client.send("PUB\r\n");
    client.readToEnd();
    const auto closed = waitForClosed(shards, std::min<std::size_t>(i, 3));
    ASSERT_EQ(closed.back().cid, i);
    ASSERT_EQ(closed.front().cid, i < 3 ? 1 : i - 2);
    ASSERT_LE(closed.size(), 3U);
  }
}

TEST(ClosedConnection, IsAmongTheLatestOfAllShardsOrForgotten) {
  config::Options options = testOptions();
  options.max_closed_clients = 3;
  RunningShards shards(options, 2);
  shards.start();
  for (std::uint64_t i = 1; i <= 9; ++i) {
    const std::size_t home = i <= 4 ? 0 : 1;
    Client client = shards.login(home);
    client.send("PUB\r\n");
    client.readToEnd();
    // Its record is made in the turn that closes it.
    std::vector<std::uint64_t> cids;
    while (cids.empty() || cids.back() != i) {
      cids.clear();
      for (const std::size_t index : {0U, 1U}) {
        shards.on(index, [&cids](Shard& shard) {
          for (const ConnectionFacts& facts : latestClosed(shard))
            cids.push_back(facts.cid);
        });
      }
    }
    ASSERT_EQ(cids.size(), std::min<std::uint64_t>(i, 3));
    ASSERT_EQ(cids.front(), i < 3 ? 1 : i - 2);
  }
}

TEST(ClosedConnection, IsNotKeptIfNoneAreToBe) {
  config::Options options = testOptions();
  options.max_closed_clients = 0;
  RunningShards shards(options);
  shards.start();
  Client client = shards.login();
  client.send("PUB\r\n");
  client.readToEnd();
  std::size_t live = 1;
  while (live > 0)
    shards.on(0, [&](Shard& shard) { live = shard.live_sessions; });
  shards.on(0, [](Shard& shard) { EXPECT_TRUE(shard.closed.empty()); });
}

TEST(ClosedConnection, LeavesItsSubscriptionsUnlessThereAreTooMany) {
  RunningShards shards;
  shards.start();
  constexpr std::size_t kMany = 1500;
  std::size_t kept = 0;
  for (std::size_t round = 1; round <= 18; ++round) {
    Client client = shards.login();
    std::string subs;
    for (std::size_t i = 0; i < kMany; ++i)
      subs += fmt::format("SUB a.{} {}\r\n", i, i);
    client.send(subs + "PUB\r\n");
    client.readToEnd();
    kept = 0;
    for (const ConnectionFacts& facts : waitForClosed(shards, round)) {
      EXPECT_EQ(facts.subscriptions, kMany);
      kept += facts.subs.size() == kMany ? 1 : 0;
    }
    ASSERT_EQ(kept, std::min<std::size_t>(round, 16));
  }
}

TEST(ClosedConnection, TellsWhoWasRefused) {  // monitoring §3.5
  config::Options options = testOptions();
  options.authorization.user = "u";
  options.authorization.password = "right";
  RunningShards shards(options);
  shards.start();
  Client client = shards.connect();
  client.send("CONNECT {\"user\":\"u\",\"pass\":\"wrong\"}\r\n");
  client.readToEnd();
  const auto closed = waitForClosed(shards, 1);
  ASSERT_EQ(closed.size(), 1U);
  EXPECT_EQ(closed[0].reason, CloseReason::authentication_failure);
  EXPECT_EQ(closed[0].user, "u");
}

TEST(Describe, CallsMessagesAndSubscriptionsActivity) {  // monitoring §3.4
  RunningShards shards;
  shards.start();
  Client client = shards.login();
  const auto latest = [&] {
    client.flush();
    WallTime time;
    shards.on(0, [&](Shard& shard) {
      shard.forEachSession(
          [&](const Session& session) { time = std::max(time, describe(session).last_activity); });
    });
    return time;
  };
  for (const char* sent : {"SUB a 1\r\n", "UNSUB 1\r\n", "PUB a 0\r\n\r\n"}) {
    const WallTime before = latest();
    EXPECT_EQ(latest(), before);  // a PING is none
    client.send(sent);
    EXPECT_GT(latest(), before) << sent;
  }
}

TEST(Describe, ShowsTheSubscriptionsOfAnOpenConnection) {
  RunningShards shards;
  shards.start();
  Client client = shards.login();
  client.send("SUB a.* 1\r\nSUB b q 2\r\nUNSUB 2 9\r\nPUB a.x 0\r\n\r\nPUB b 0\r\n\r\n");
  client.flush();
  shards.on(0, [](Shard& shard) {
    shard.forEachSession([&](const Session& session) {
      const ConnectionFacts facts = describe(session);
      EXPECT_EQ(facts.subscriptions, 2U);
      EXPECT_FALSE(facts.is_closed);
      auto subs = describeSubscriptions(session);
      ASSERT_EQ(subs.size(), 2U);
      if (subs[0].sid != "1") std::swap(subs[0], subs[1]);
      EXPECT_EQ(subs[0].subject, "a.*");
      EXPECT_EQ(subs[0].queue, "");
      EXPECT_EQ(subs[0].delivered, 1U);
      EXPECT_EQ(subs[0].max, 0U);
      EXPECT_EQ(subs[1].subject, "b");
      EXPECT_EQ(subs[1].queue, "q");
      EXPECT_EQ(subs[1].delivered, 1U);
      EXPECT_EQ(subs[1].max, 9U);
      EXPECT_EQ(subs[1].cid, session.cid);
    });
  });
}

}  // namespace
}  // namespace gannet::server
