#include "server/shards/placement.h"

#include "net/event_loop.h"
#include "tests/unit/net/loopback.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <vector>

namespace gannet::server {
namespace {

struct NoHooks final : net::TurnHooks {
  void serveReady() override {}

  bool endTurn() override { return false; }
};

// Two shards of which the first can be kept busy.
class PlacementTest : public testing::Test {
 public:
  ~PlacementTest() override {
    burning = false;
    for (const auto& shard : shards)
      shard->stop();
    for (const auto& shard : shards)
      shard->join();
  }

 protected:
  PlacementTest() {
    for (ShardId id = 0; id < 2; ++id)
      shards.push_back(std::make_unique<net::EventLoop>(id, 2));
    for (const auto& shard : shards)
      shard->introduce(shards);
    for (const auto& shard : shards)
      shard->start(hooks);
  }

  void burn() {
    burning = true;
    shards[0]->postFromOutside(Task([this] {
      while (burning) {
      }
    }));
  }

  // Asks until the answer is `wanted`, or patience ends. Loads are measured over windows of time,
  // so it asks some times in each, and leaves the processor to the shards in between.
  bool chooses(Placement& placement, ShardId wanted) {
    std::promise<void> never;
    const auto pause = never.get_future();
    for (const MonoTime end = monoNow() + kPatience; monoNow() < end;) {
      if (placement.choose() == wanted) return true;
      const MonoTime since = monoNow();
      const auto cpu = shards[0]->cpuTime();
      pause.wait_for(std::chrono::milliseconds(150));
      const auto used = shards[0]->cpuTime() - cpu;
      busiest = std::max(busiest, static_cast<double>(used.count()) /
                                      static_cast<double>((monoNow() - since).count()));
    }
    return false;
  }

  double busiest = 0;  // the largest share of a core that the first shard got
  NoHooks hooks;
  std::atomic<bool> burning{false};
  std::vector<std::unique_ptr<net::EventLoop>> shards;
};

TEST_F(PlacementTest, KeepsConnectionsTogetherWhileThereIsRoom) {
  Placement placement(shards);
  for (int i = 0; i < 1000; ++i)
    EXPECT_EQ(placement.choose(), 0);
}

TEST_F(PlacementTest, SpreadsWhenTheFirstShardIsBusyAndComesBackAfterwards) {
  Placement placement(shards);
  burn();
  const bool has_spread = chooses(placement, 1);
  if (!has_spread && busiest < 0.8) GTEST_SKIP() << "this machine is too busy to fill a shard";
  ASSERT_TRUE(has_spread);
  EXPECT_GE(placement.loads().at(0), Placement::kFull);
  EXPECT_LE(placement.loads().at(0), 1000U);

  burning = false;
  EXPECT_TRUE(chooses(placement, 0));
  EXPECT_LT(placement.loads().at(0), Placement::kFull);
}

}  // namespace
}  // namespace gannet::server
