#include "subject/match_cache.h"

#include "tests/unit/seeds.h"
#include "tests/unit/subject/naive_interest.h"
#include "tests/unit/subject/test_plan.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <string>
#include <thread>
#include <vector>

namespace {

std::atomic<std::size_t> allocations{0};

}  // namespace

void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
  std::abort();
}

void operator delete(void* memory) noexcept {
  std::free(memory);
}

void operator delete(void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}

namespace gannet::subject {
namespace {

constexpr CacheLimits kRoomy = {.entries = 1000, .bytes = 1'000'000};

TEST(MatchCache, RemembersResultsAndEmptyOnesToo) {
  Interest interest;
  Cache cache(interest, kRoomy);
  NaiveReceiver receiver;
  ASSERT_TRUE(interest.insert("a", "", receiver).has_value());
  cache.sync();

  EXPECT_FALSE(hits(cache, "a"));
  EXPECT_FALSE(hits(cache, "nobody"));
  EXPECT_TRUE(hits(cache, "a"));
  EXPECT_TRUE(hits(cache, "nobody"));
  EXPECT_EQ(cache.stats().max_fan_out, 1U);
  EXPECT_EQ(cache.stats().avgFanOut(), 0.5);
  EXPECT_EQ(interest.stats().matches, 2U);
}

TEST(MatchCache, KeepsWhatAChangeCannotAffect) {
  Interest interest;
  Cache cache(interest, kRoomy);
  NaiveReceiver inbox;
  NaiveReceiver wildcard;
  hits(cache, "a.b");
  hits(cache, "c.d");

  ASSERT_TRUE(interest.insert("_INBOX.x", "", inbox).has_value());
  interest.erase(inbox);
  ASSERT_TRUE(interest.insert("c.*", "", wildcard).has_value());
  cache.sync();

  EXPECT_TRUE(hits(cache, "a.b"));
  EXPECT_FALSE(hits(cache, "c.d"));
  EXPECT_TRUE(hits(cache, "c.d"));
}

TEST(MatchCache, ForgetsEverythingWhenTheRingHasLostChanges) {
  Interest interest;
  Cache cache(interest, kRoomy);
  NaiveReceiver receiver;
  hits(cache, "a");
  ASSERT_TRUE(interest.insert("a", "", receiver).has_value());
  NaiveReceiver other;
  for (std::size_t i = 0; i <= Interest::kRingSize; ++i) {
    ASSERT_TRUE(interest.insert("other", "", other).has_value());
    interest.erase(other);
  }
  cache.sync();
  EXPECT_FALSE(hits(cache, "a"));
  EXPECT_EQ(cache.find("a", makeTestPlan).receivers, 1U);
}

TEST(MatchCache, AgreesWithANaiveMatcherUnderRandomChanges) {
  forEachSeed(60, [](Rng& rng) {
    Interest interest;
    NaiveInterest naive;
    // Some caches are too small for their subjects, so that eviction is met as well.
    Cache cache(interest, {.entries = 1 + rng.below(60), .bytes = 500 + rng.below(40'000)});
    for (int step = 0; step < 800; ++step) {
      // Mostly few changes between two lookups, now and then more than the rings hold.
      std::uint32_t changes = rng.below(3);
      if (rng.below(50) == 0) changes = rng.below(200);
      for (; changes > 0; --changes) {
        if (naive.all().size() < 20 || (rng.below(2) == 0 && naive.all().size() < 60)) {
          const std::string pattern = randomPattern(rng);
          const std::string queue = randomQueue(rng);
          ASSERT_TRUE(interest.insert(pattern, queue, naive.add(pattern, queue)).has_value());
        } else {
          const std::size_t which = rng.below(static_cast<std::uint32_t>(naive.all().size()));
          interest.erase(*naive.all()[which]);
          naive.remove(which);
        }
      }
      cache.sync();
      const std::string subject = randomSubject(rng);
      ASSERT_EQ(cache.find(subject, makeTestPlan).found, naive.match(subject)) << subject;
      if (rng.below(100) == 0) cache.shrink(rng.below(5000));
    }
    EXPECT_GT(cache.stats().hits, 0U);
  });
}

TEST(MatchCache, StaysWithinItsLimitsAndGivesMemoryBack) {
  Interest interest;
  PlanBudget budget({.entries = 50, .bytes = 1'000'000});
  Cache cache(interest, budget);
  for (int i = 0; i < 1000; ++i) {
    hits(cache, "s." + std::to_string(i));
    ASSERT_LE(cache.stats().entries, 50U);
  }
  EXPECT_EQ(cache.stats().entries, 50U);

  budget.setLimits({.entries = 10, .bytes = 1'000'000});
  EXPECT_EQ(cache.stats().entries, 10U);
  const std::size_t before = cache.bytes();
  EXPECT_GT(cache.shrink(1), 0U);
  EXPECT_LT(cache.bytes(), before);
  cache.shrink(before);
  EXPECT_EQ(cache.stats().entries, 0U);
}

TEST(MatchCache, KeepsAHotSubjectAmongManyThatAreUsedOnce) {
  Interest interest;
  Cache cache(interest, {.entries = 100, .bytes = 1'000'000});
  hits(cache, "hot");
  for (int i = 0; i < 5000; ++i) {
    hits(cache, "once." + std::to_string(i));
    ASSERT_TRUE(hits(cache, "hot")) << i;
  }
}

TEST(MatchCache, AllocatesNothingOnAWarmHit) {
  Interest interest;
  Cache cache(interest, kRoomy);
  const std::string subject = "orders.europe.12345.created.and.more";
  cache.find(subject, makeTestPlan);
  ASSERT_GT(allocations.load(), 0U);

  const std::size_t before = allocations.load();
  for (int i = 0; i < 1000; ++i) {
    cache.sync();
    cache.find(subject, makeTestPlan);
  }
  EXPECT_EQ(allocations.load(), before);
}

TEST(MatchCache, AllocatesNothingOnAHitOfAClass) {
  Interest interest;
  NaiveReceiver receiver;
  ASSERT_TRUE(interest.insert("_INBOX.Cb3tYx7Qm1Zk9Lw2Ra5Nd8.*", "", receiver).has_value());
  Cache cache(interest, kRoomy, Classes::on);
  cache.find("_INBOX.Cb3tYx7Qm1Zk9Lw2Ra5Nd8.1", makeTestPlan);
  const std::string subject = "_INBOX.Cb3tYx7Qm1Zk9Lw2Ra5Nd8.2";

  const std::size_t before = allocations.load();
  for (int i = 0; i < 1000; ++i)
    cache.find(subject, makeTestPlan);
  EXPECT_EQ(allocations.load(), before);
  EXPECT_EQ(cache.stats().misses, 1U);
}

TEST(Trie, AllocatesNothingOnAWarmMatch) {
  Trie trie;
  Receiver receivers[4];
  ASSERT_TRUE(trie.insert("a.*", "", receivers[0]).has_value());
  ASSERT_TRUE(trie.insert("a.b", "", receivers[1]).has_value());
  ASSERT_TRUE(trie.insert("a.b", "q", receivers[2]).has_value());
  ASSERT_TRUE(trie.insert("a.>", "q", receivers[3]).has_value());
  Match match;
  trie.match("a.b", match);

  const std::size_t before = allocations.load();
  for (int i = 0; i < 100; ++i)
    trie.match("a.b", match);
  EXPECT_EQ(allocations.load(), before);
  EXPECT_EQ(match.queues.size(), 1U);
}

// Subscribes, unsubscribes and looks up as one shard does, and checks its own subscriptions.
void runShard(Interest& interest, ShardId shard, std::atomic<int>& wrong) {
  Cache cache(interest, {.entries = 20, .bytes = 100'000},
              shard % 2 == 0 ? Classes::on : Classes::off);
  Rng rng(shard + 1U);
  const auto mine = [shard](const PlanSubject&, const Match& match) {
    TestPlan plan;
    for (const Receiver* const receiver : match.plain)
      plan.receivers += receiver->shard == shard;
    return plan;
  };
  for (int step = 0; step < 3000; ++step) {
    const std::string subject = "s." + std::to_string(rng.below(30));
    const bool is_wild = rng.below(4) == 0;
    Receiver receiver;
    receiver.shard = shard;
    if (!interest.insert(is_wild ? "s.*" : subject, "", receiver)) ++wrong;
    cache.sync();
    if (cache.find(subject, mine).receivers != 1) ++wrong;
    if (patternOf(receiver) != (is_wild ? "s.*" : subject)) ++wrong;
    interest.erase(receiver);
    cache.sync();
    if (cache.find(subject, mine).receivers != 0) ++wrong;
  }
}

TEST(Interest, IsTrueForEveryShardThatChangesIt) {
  Interest interest;
  std::atomic<int> wrong{0};
  std::vector<std::thread> shards;
  for (ShardId shard = 0; shard < 4; ++shard) {
    shards.emplace_back([&interest, &wrong, shard] { runShard(interest, shard, wrong); });
  }
  for (std::thread& shard : shards)
    shard.join();
  EXPECT_EQ(wrong.load(), 0);
  EXPECT_EQ(interest.stats().subscriptions, 0U);
  EXPECT_EQ(interest.stats().inserts, 12'000U);
  EXPECT_EQ(interest.stats().removes, 12'000U);
}

TEST(Interest, TellsEveryCacheThatAReceiverHasMovedToAnotherShard) {
  Interest interest;
  Cache cache(interest, kRoomy);
  NaiveReceiver receiver;
  ASSERT_TRUE(interest.insert("a.*", "q", receiver).has_value());
  cache.sync();
  EXPECT_FALSE(hits(cache, "a.b"));
  const auto before = interest.version();

  interest.reassign(receiver, 7);
  EXPECT_GT(interest.version(), before);
  EXPECT_EQ(receiver.shard, 7);
  EXPECT_EQ(patternOf(receiver), "a.*");
  cache.sync();
  EXPECT_FALSE(hits(cache, "a.b"));  // made anew
  EXPECT_EQ(cache.find("a.b", makeTestPlan).receivers, 1U);
}

TEST(Interest, LeavesVersionAndCountsAloneOnABadPattern) {
  Interest interest;
  Receiver receiver;
  EXPECT_EQ(interest.insert("a..b", "", receiver).error(), PatternError::empty_token);
  interest.erase(receiver);
  EXPECT_EQ(interest.version(), 0U);
  EXPECT_EQ(interest.stats().inserts, 0U);
  EXPECT_FALSE(interest.any("a"));
}

}  // namespace
}  // namespace gannet::subject
