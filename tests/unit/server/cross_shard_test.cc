// The promises that hold between shards (ARCHITECTURE, "Ordering promises"): every client names the
// shard it lives on.

#include "tests/unit/server/running_shards.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

namespace gannet::server {
namespace {

constexpr std::size_t kShards = 3;

class CrossShardTest : public testing::Test {
 protected:
  void SetUp() override { shards.start(); }

  RunningShards shards{testOptions(), kShards};
};

TEST_F(CrossShardTest, ReachesReceiversOnEveryShard) {
  std::vector<Client> receivers;
  for (std::size_t shard = 0; shard < kShards; ++shard) {
    for (int i = 0; i < 2; ++i) {
      receivers.push_back(shards.login(shard));
      receivers.back().send("SUB a.* 1\r\n");
      receivers.back().flush();
    }
  }
  for (std::size_t shard = 0; shard < kShards; ++shard) {
    Client publisher = shards.login(shard);
    publisher.send("PUB a.b re 5\r\nhello\r\n");
    for (Client& receiver : receivers) {
      EXPECT_EQ(receiver.read(23), "MSG a.b 1 re 5\r\nhello\r\n");
    }
  }
}

TEST_F(CrossShardTest, ServesTheNextPublishOfAnyoneAfterPong) {
  Client publisher = shards.login(0);
  for (int round = 0; round < 200; ++round) {
    const std::string subject = "s" + std::to_string(round % 7);
    Client receiver = shards.login(1 + static_cast<std::size_t>(round) % 2);
    publisher.send("PUB " + subject + " 0\r\n\r\n");  // caches that nobody listens
    publisher.flush();
    receiver.send("SUB " + subject + " 1\r\n");
    receiver.flush();
    publisher.send("PUB " + subject + " 1\r\nx\r\n");
    ASSERT_EQ(receiver.readThrough("x\r\n"), "MSG " + subject + " 1 1\r\nx\r\n");
  }
}

TEST_F(CrossShardTest, KeepsTheOrderOfEachPublisher) {
  constexpr int kMessages = 20000;
  Client receiver = shards.login(2);
  receiver.send("SUB p.* 1\r\n");
  receiver.flush();
  std::vector<std::thread> threads;
  for (std::size_t shard = 0; shard < 2; ++shard) {
    threads.emplace_back([publisher = shards.login(shard), shard]() mutable {
      for (int i = 0; i < kMessages; ++i) {
        const std::string number = std::to_string(i);
        publisher.send("PUB p." + std::to_string(shard) + " " + std::to_string(number.size()) +
                       "\r\n" + number + "\r\n");
      }
      publisher.flush();
    });
  }
  std::vector<int> next(2, 0);
  for (int i = 0; i < 2 * kMessages; ++i) {
    const std::string line = receiver.readLine();
    const std::string number = receiver.readLine();
    const auto from = static_cast<std::size_t>(line.at(6) - '0');
    ASSERT_EQ(number, std::to_string(next.at(from)) + "\r\n");
    ++next[from];
  }
  for (std::thread& thread : threads)
    thread.join();
}

TEST_F(CrossShardTest, DeliversExactlyTheMaximumOfAnUnsub) {  // client-protocol §6
  constexpr int kMax = 100;
  Client receiver = shards.login(0);
  receiver.send("SUB a 1\r\nUNSUB 1 " + std::to_string(kMax) + "\r\n");
  receiver.flush();
  std::vector<std::thread> threads;
  for (std::size_t shard = 0; shard < kShards; ++shard) {
    threads.emplace_back([publisher = shards.login(shard)]() mutable {
      for (int i = 0; i < kMax; ++i)
        publisher.send("PUB a 1\r\nx\r\n");
      publisher.flush();
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  // What all three shards had for the receiver has passed when these tasks have run.
  for (std::size_t round = 0; round < 3; ++round) {
    for (std::size_t shard = 0; shard < kShards; ++shard)
      shards.on(shard, [](Shard&) {});
  }
  const std::string got = receiver.flush();
  EXPECT_EQ(got.size(), kMax * std::string_view("MSG a 1 1\r\nx\r\n").size());
  EXPECT_EQ(shards.clientSubscriptions(), 0U);
}

TEST_F(CrossShardTest, ServesEachMessageToOneMemberOfAGroupSpreadOverShards) {
  constexpr int kMessages = 900;
  std::vector<Client> members;
  for (std::size_t shard = 0; shard < kShards; ++shard) {
    members.push_back(shards.login(shard));
    members.back().send("SUB work q " + std::to_string(shard) + "\r\n");
    members.back().flush();
  }
  Client publisher = shards.login(0);
  std::string messages;
  for (int i = 0; i < kMessages; ++i)
    messages += "PUB work 0\r\n\r\n";
  publisher.send(messages);
  publisher.flush();
  for (std::size_t round = 0; round < 3; ++round) {
    for (std::size_t shard = 0; shard < kShards; ++shard)
      shards.on(shard, [](Shard&) {});
  }
  const std::size_t size = std::string_view("MSG work 0 0\r\n\r\n").size();
  std::size_t sum = 0;
  for (Client& member : members) {
    const std::size_t share = member.flush().size() / size;
    EXPECT_NEAR(static_cast<double>(share), kMessages / 3, kMessages / 6);
    sum += share;
  }
  EXPECT_EQ(sum, static_cast<std::size_t>(kMessages));
}

TEST_F(CrossShardTest, CarriesLargePayloadsAndHeaders) {
  Client receiver = shards.login(1, R"("headers":true)");
  Client bare = shards.login(1);
  for (Client* const each : {&receiver, &bare}) {
    each->send("SUB a 1\r\n");
    each->flush();
  }
  Client publisher = shards.login(0, R"("headers":true)");
  const std::string headers = "NATS/1.0\r\nA: b\r\n\r\n";
  for (const std::size_t size : {0U, 10U, 2047U, 2048U, 70000U, 1000000U}) {
    SCOPED_TRACE(size);
    const std::string payload(size, 'x');
    const std::string total = std::to_string(headers.size() + size);
    publisher.send("HPUB a 18 " + total + "\r\n" + headers + payload + "\r\n");
    const std::string whole = "HMSG a 1 18 " + total + "\r\n" + headers + payload + "\r\n";
    const std::string stripped = "MSG a 1 " + std::to_string(size) + "\r\n" + payload + "\r\n";
    EXPECT_TRUE(receiver.read(whole.size()) == whole);
    EXPECT_TRUE(bare.read(stripped.size()) == stripped);
  }
}

TEST_F(CrossShardTest, ForgetsAReceiverThatIsGone) {
  Client publisher = shards.login(0);
  for (int round = 0; round < 50; ++round) {
    Client receiver = shards.login(1);
    receiver.send("SUB a 1\r\n");
    receiver.flush();
    publisher.send("PUB a 1\r\nx\r\n");  // on its way while the receiver goes
    receiver.close();
    publisher.send("PUB a 1\r\ny\r\n");
    publisher.flush();
  }
  std::size_t live = 1;
  for (const MonoTime end = monoNow() + kPatience; live > 0 && monoNow() < end;) {
    shards.on(1, [&](Shard& shard) { live = shard.live_sessions; });
  }
  EXPECT_EQ(live, 0U);
}

TEST_F(CrossShardTest, ClosesEverythingAtShutdown) {
  std::vector<Client> clients;
  for (std::size_t i = 0; i < 30; ++i) {
    clients.push_back(shards.login(i % kShards));
    clients.back().send("SUB a 1\r\n");
    clients.back().flush();
  }
  shards.set->shutdown(std::chrono::seconds(1));
  for (Client& client : clients)
    EXPECT_EQ(client.readToEnd(), "");
}

}  // namespace
}  // namespace gannet::server
