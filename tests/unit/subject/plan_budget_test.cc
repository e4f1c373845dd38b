#include "subject/plan_budget.h"

#include "tests/unit/seeds.h"
#include "tests/unit/subject/test_plan.h"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace gannet::subject {
namespace {

// A holder of entries of one byte, none of which is used, that counts how often it is asked.
struct FakeHolder final : PlanBudget::Holder {
  explicit FakeHolder(PlanBudget& of) : budget(of) {}

  void add() {
    budget.makeRoom(1);
    budget.add(*this, 1);
    ++held;
  }

  bool evictOne(int& /*looks*/) override {
    ++asked;
    if (at >= held) {
      at = 0;
      return false;
    }
    --held;
    ++at;
    budget.remove(*this, 1);
    return true;
  }

  void dropScratch() override {
    budget.leaveScratch();
    ++dropped;
  }

  PlanBudget& budget;
  int held = 0;
  int at = 0;
  int asked = 0;
  int dropped = 0;
};

TEST(PlanBudget, AsksOnlyCachesThatHoldSomething) {
  PlanBudget budget({.entries = 100, .bytes = 1000});
  std::deque<FakeHolder> empty;
  for (int i = 0; i < 10'000; ++i) {
    empty.emplace_back(budget).add();  // so that it has been in the ring
    budget.shrink(1000);
  }
  for (auto& each : empty)
    each.asked = 0;
  FakeHolder full(budget);
  for (int i = 0; i < 5000; ++i)
    full.add();
  EXPECT_EQ(budget.entries(), 100U);
  EXPECT_LE(full.asked, 2 * 4900);
  for (const auto& each : empty)
    ASSERT_EQ(each.asked, 0);
  budget.shrink(1000);
  EXPECT_EQ(budget.bytes(), 0U);
}

TEST(PlanBudget, TakesFromEachCacheInTurn) {
  PlanBudget budget({.entries = 30, .bytes = 1000});
  std::deque<FakeHolder> holders;
  for (int i = 0; i < 3; ++i) {
    holders.emplace_back(budget);
    for (int j = 0; j < 10; ++j)
      holders.back().add();
  }
  for (int i = 0; i < 25; ++i)
    holders[0].add();
  EXPECT_EQ(budget.entries(), 30U);
  EXPECT_EQ(holders[1].held + holders[2].held, 30 - holders[0].held);
  EXPECT_LT(holders[1].held + holders[2].held, 20);
  budget.shrink(1000);
}

TEST(PlanBudget, KeepsTheRingWhileCachesComeAndGo) {
  forEachSeed(50, [](Rng& rng) {
    PlanBudget budget({.entries = 40, .bytes = 40});
    std::vector<std::unique_ptr<FakeHolder>> holders;
    for (int step = 0; step < 2000; ++step) {
      if (holders.size() < 5 || rng.below(20) == 0) {
        holders.push_back(std::make_unique<FakeHolder>(budget));
      }
      const std::size_t which = rng.below(static_cast<std::uint32_t>(holders.size()));
      FakeHolder& holder = *holders[which];
      if (rng.below(30) == 0) {
        for (; holder.held > 0; --holder.held)
          budget.remove(holder, 1);
        holders.erase(holders.begin() + static_cast<std::ptrdiff_t>(which));
      } else {
        holder.add();
      }
      std::size_t held = 0;
      for (const auto& each : holders)
        held += static_cast<std::size_t>(each->held);
      ASSERT_EQ(budget.entries(), held);
      ASSERT_LE(held, 40U);
    }
    budget.shrink(40);
  });
}

TEST(PlanBudget, GivesTheScratchPlaceToOneCacheAtATime) {
  PlanBudget budget({.entries = 1, .bytes = 1});
  FakeHolder first(budget);
  FakeHolder second(budget);
  budget.enterScratch(first, 70);
  EXPECT_EQ(budget.bytes(), 70U);
  budget.enterScratch(second, 50);
  EXPECT_EQ(first.dropped, 1);
  EXPECT_EQ(budget.bytes(), 50U);
  EXPECT_EQ(budget.shrink(1), 50U);
  EXPECT_EQ(second.dropped, 1);
}

TEST(PlanBudget, RemembersWhatWasAskedOnce) {
  PlanBudget budget({});
  Rng rng(1);
  std::vector<std::uint64_t> keys(50);
  for (auto& key : keys) {
    key = rng.next();
    EXPECT_FALSE(budget.wasAsked(key));
  }
  for (const std::uint64_t key : keys)
    EXPECT_TRUE(budget.wasAsked(key));
  EXPECT_FALSE(budget.wasAsked(keys[0]));  // forgotten once it was told
  EXPECT_GT(budget.bytes(), 0U);
  budget.shrink(1);
  EXPECT_EQ(budget.bytes(), 0U);
}

TEST(PlanBudget, BoundsTheBytesOfAllCachesTogether) {
  forEachSeed(30, [](Rng& rng) {
    Interest interest;
    PlanBudget budget({.entries = 1000, .bytes = 50'000});
    std::vector<std::unique_ptr<Cache>> caches;
    const auto build = [&rng](const PlanSubject&, const Match&) {
      TestPlan plan;
      plan.heap = rng.below(2000);
      return plan;
    };
    for (int step = 0; step < 1000; ++step) {
      const std::size_t which = rng.below(20);
      if (which >= caches.size()) {
        const auto classes = rng.below(2) == 0 ? Classes::on : Classes::off;
        caches.push_back(std::make_unique<Cache>(interest, budget, classes));
      } else if (rng.below(40) == 0) {
        caches.erase(caches.begin() + static_cast<std::ptrdiff_t>(which));
      } else {
        caches[which]->find("s.." + std::to_string(rng.below(100)), build);  // exact, always
      }
      std::size_t bytes = 0;
      std::size_t entries = 0;
      for (const auto& cache : caches) {
        bytes += cache->bytes();
        entries += cache->stats().entries;
      }
      ASSERT_EQ(budget.entries(), entries);
      ASSERT_LE(bytes, budget.bytes());
      ASSERT_LE(bytes, 50'000U + 3000U);  // and one plan in the scratch place
    }
    caches.clear();
    budget.shrink(budget.bytes());
    EXPECT_EQ(budget.bytes(), 0U);
  });
}

TEST(PlanBudget, LeavesACacheWhatItUsesWhileAnotherOneIsFlooded) {
  Interest interest;
  PlanBudget budget({.entries = 100, .bytes = 1'000'000});
  Cache quiet(interest, budget);
  Cache flooded(interest, budget);
  for (int i = 0; i < 10; ++i)
    hits(quiet, "q." + std::to_string(i));
  for (int i = 0; i < 5000; ++i) {
    hits(flooded, "once." + std::to_string(i));
    ASSERT_TRUE(hits(quiet, "q." + std::to_string(i % 10))) << i;
  }
  EXPECT_EQ(budget.entries(), 100U);
}

TEST(PlanBudget, KeepsAPlanThatIsLargerThanItselfAlone) {
  Interest interest;
  PlanBudget budget({.entries = 100, .bytes = 2000});
  Cache cache(interest, budget, Classes::on);
  const auto large = [](const PlanSubject&, const Match&) {
    TestPlan plan;
    plan.heap = 10'000;
    return plan;
  };
  cache.find("small.", makeTestPlan);
  cache.find("large.", large);
  EXPECT_TRUE(hits(cache, "large."));  // the second use
  EXPECT_EQ(budget.entries(), 1U);
  EXPECT_FALSE(hits(cache, "small."));
  EXPECT_TRUE(hits(cache, "large."));
}

TEST(PlanBudget, ToldACacheByItsEpochThatAnotherOneTookItsPlans) {
  Interest interest;
  PlanBudget budget({.entries = 1, .bytes = 1'000'000});
  Cache one(interest, budget);
  Cache two(interest, budget);
  hits(one, "a");
  const std::uint64_t epoch = one.epoch();
  hits(two, "b");
  EXPECT_GT(one.epoch(), epoch);
  EXPECT_FALSE(hits(one, "a"));
}

}  // namespace
}  // namespace gannet::subject
