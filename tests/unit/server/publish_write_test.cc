// The promise of output: what a turn gathers for a receiver leaves in one write.

#include "tests/unit/server/running_shards.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gannet::server {
namespace {

constexpr int kBatch = 100;  // messages in one read of the server's
constexpr int kRounds = 50;
constexpr int kReceivers = 3;

class PublishWriteTest : public testing::Test {
 protected:
  PublishWriteTest() {
    shards.start();
    for (int i = 0; i < kReceivers; ++i) {
      receivers.push_back(shards.login());
      receivers.back().send("SUB a 1\r\n");
      receivers.back().flush();
    }
  }

  // Of all connections together.
  std::uint64_t writes() {
    std::uint64_t sum = 0;
    shards.on(0, [&sum](Shard& shard) {
      shard.forEachSession([&sum](const Session& session) { sum += session.traffic.writes; });
    });
    return sum;
  }

  RunningShards shards;
  std::vector<Client> receivers;
};

TEST_F(PublishWriteTest, IsOneForEachReceiverAndTurn) {
  Client publisher = shards.login();
  std::string batch;
  for (int i = 0; i < kBatch; ++i)
    batch += "PUB a 1\r\nx\r\n";
  const std::size_t size = kBatch * std::string_view("MSG a 1 1\r\nx\r\n").size();
  const std::uint64_t before = writes();
  for (int round = 0; round < kRounds; ++round) {
    publisher.send(batch);
    for (Client& receiver : receivers)
      EXPECT_EQ(receiver.read(size).size(), size);
  }
  EXPECT_EQ(writes() - before, std::uint64_t{kRounds} * kReceivers);
}

}  // namespace
}  // namespace gannet::server
