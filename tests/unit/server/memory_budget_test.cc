#include "server/state/memory_budget.h"

#include "base/bytes/spare_buffers.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include <unistd.h>

namespace gannet::server {
namespace {

class MemoryBudgetTest : public testing::Test {
 protected:
  void SetUp() override { spareBuffers().free(); }  // other tests' blocks count
};

TEST_F(MemoryBudgetTest, IsTightAboveNineTenths) {
  MemoryBudget budget;
  budget.setLimit(1000);
  EXPECT_EQ(budget.limit(), 1000);
  budget.report(900);
  EXPECT_FALSE(budget.isTight());
  budget.report(1);
  EXPECT_TRUE(budget.isTight());
  budget.report(-101);
  EXPECT_EQ(budget.held(), 800);
  EXPECT_FALSE(budget.isTight());
}

TEST_F(MemoryBudgetTest, HasNoLimitUntilItIsSet) {
  MemoryBudget budget;
  budget.report(std::int64_t{1} << 50U);
  EXPECT_FALSE(budget.isTight());
}

TEST_F(MemoryBudgetTest, TakesMostOfWhatTheMachineAllowsByDefault) {
  const auto machine = static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
  for (const std::int64_t unset : {0, -1}) {
    MemoryBudget budget;
    budget.setLimit(unset);
    EXPECT_GT(budget.limit(), 0);
    EXPECT_LE(budget.limit(), machine / 4 * 3);
  }
}

TEST_F(MemoryBudgetTest, KnowsTheShardWithTheLargestConnection) {
  MemoryBudget budget;
  EXPECT_EQ(budget.shardOfLargest(), 0);
  budget.setLargest(3, 100);
  budget.setLargest(1, 99);
  EXPECT_EQ(budget.shardOfLargest(), 3);
  budget.setLargest(3, 98);
  EXPECT_EQ(budget.shardOfLargest(), 1);
}

TEST_F(MemoryBudgetTest, CountsCuts) {
  MemoryBudget budget;
  EXPECT_EQ(budget.cuts(), 0U);
  budget.noteCut();
  budget.noteCut();
  EXPECT_EQ(budget.cuts(), 2U);
}

TEST_F(MemoryBudgetTest, CountsLiveBuffers) {
  MemoryBudget budget;
  const std::int64_t before = budget.held();
  {
    const BufferRef buffer = BufferRef::adopt(Buffer::create(5000));
    EXPECT_EQ(budget.held(), before + 5000);
  }
  EXPECT_EQ(budget.held(), before);
}

TEST_F(MemoryBudgetTest, AddsUpTheReportsOfAllShards) {
  MemoryBudget budget;
  std::vector<std::thread> shards;
  shards.reserve(4);
  for (int i = 0; i < 4; ++i) {
    shards.emplace_back([&budget] {
      for (int round = 0; round < 10000; ++round)
        budget.report(round % 2 == 0 ? 3 : -2);
    });
  }
  for (std::thread& shard : shards)
    shard.join();
  EXPECT_EQ(budget.held(), 4 * 5000);
}

}  // namespace
}  // namespace gannet::server
