#include "server/state/shard.h"
#include "tests/unit/server/still_shards.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace gannet::server {
namespace {

constexpr std::size_t kPublishers = 100;

std::string messages(std::size_t bytes) {
  constexpr std::string_view kMessage = "PUB a.b 16\r\n0123456789abcdef\r\n";
  std::string text;
  while (text.size() < bytes)
    text += kMessage;
  return text;
}

bool isRead(const StillClient& client) {
  return !client.session.is_ready;
}

// What sessions have sent is read in turns: those that woke once each, then those that are behind.
class TurnTest : public testing::Test {
 protected:
  void SetUp() override {
    for (std::size_t i = 0; i < kPublishers; ++i) {
      publishers.push_back(shards.login());
      publishers.back().session.newcomer_turns = 0;
    }
    pinger.session.newcomer_turns = 0;
  }

  [[nodiscard]] std::size_t unread() const {
    return publishers.size() -
           static_cast<std::size_t>(std::count_if(publishers.begin(), publishers.end(), isRead));
  }

  StillShards shards;
  std::vector<StillClient> publishers;
  StillClient pinger = shards.login();
};

TEST_F(TurnTest, ReadsWhoeverWokeWithLittleBeforeTheRestOfWhatOthersSent) {
  const std::string much = messages(std::size_t{1} << 20);
  for (StillClient& publisher : publishers)
    publisher.send(much);
  shards.turn();  // a small read of each, and large ones of some
  ASSERT_GT(unread(), kPublishers / 2);

  pinger.send("PING\r\n");
  shards.turn();

  EXPECT_EQ(pinger.take(), "PONG\r\n");
  EXPECT_GT(unread(), kPublishers / 2);
  shards.settle();
  EXPECT_EQ(unread(), 0U);
  const auto sent = static_cast<std::uint64_t>(std::count(much.begin(), much.end(), 'P'));
  for (const StillClient& publisher : publishers)
    EXPECT_EQ(publisher.session.traffic.in_msgs, sent);
}

TEST_F(TurnTest, ReadsThoseThatAreBehindInACircle) {
  for (StillClient& publisher : publishers)
    publisher.send(messages(std::size_t{300} << 10));
  std::vector<std::size_t> reads;
  while (unread() == kPublishers)
    shards.turn();
  for (const StillClient& publisher : publishers)
    reads.push_back(publisher.session.traffic.reads);
  const auto [least, most] = std::minmax_element(reads.begin(), reads.end());
  EXPECT_LE(*most - *least, 1U);
}

TEST_F(TurnTest, FlushesWhatATurnCausedBeforeItReadsOn) {
  pinger.send("SUB a.b 1\r\n");
  shards.settle();
  for (StillClient& publisher : publishers)
    publisher.send(messages(std::size_t{1} << 20));
  shards.turn();
  EXPECT_NE(pinger.take(), "");
  EXPECT_GT(unread(), 0U);
  shards.settle();
}

}  // namespace
}  // namespace gannet::server
