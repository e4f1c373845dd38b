#include "subject/match_cache.h"
#include "tests/unit/seeds.h"
#include "tests/unit/subject/naive_interest.h"
#include "tests/unit/subject/test_plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

namespace gannet::subject {
namespace {

constexpr CacheLimits kRoomy = {.entries = 1000, .bytes = 1'000'000};

// One shard's cache, with classes, of an interest of its own.
struct Fixture {
  explicit Fixture(CacheLimits limits = kRoomy) : budget(limits) {}

  NaiveReceiver& add(std::string_view pattern, std::string_view queue = "") {
    NaiveReceiver& added = naive.add(pattern, queue);
    EXPECT_TRUE(interest.insert(pattern, queue, added).has_value()) << pattern;
    return added;
  }

  void remove(std::size_t index) {
    interest.erase(*naive.all()[index]);
    naive.remove(index);
  }

  // The receivers of `subject` by the cache, which must be the true ones.
  std::size_t find(std::string_view subject) {
    cache.sync();
    const TestPlan& plan = cache.find(subject, makeTestPlan);
    EXPECT_EQ(plan.found, naive.match(subject)) << subject;
    return plan.receivers;
  }

  bool hit(std::string_view subject) {
    const auto before = cache.stats().hits;
    find(subject);
    return cache.stats().hits > before;
  }

  // Whether the epoch grows while `f` runs.
  template <class F>
  bool voids(F&& f) {
    const std::uint64_t before = cache.epoch();
    f();
    cache.sync();
    EXPECT_GE(cache.epoch(), before);
    return cache.epoch() > before;
  }

  Interest interest;
  NaiveInterest naive;
  PlanBudget budget;
  Cache cache{interest, budget, Classes::on};
};

std::string numbered(std::string_view prefix, int number) {
  return std::string(prefix) + std::to_string(number);
}

TEST(ClassPlans, ServeSubjectsThatOccurOnceByOnePlan) {
  Fixture shard;
  shard.add("_INBOX.x.*");
  for (int i = 0; i < 1000; ++i)
    EXPECT_EQ(shard.find(numbered("_INBOX.x.", i)), 1U);
  EXPECT_EQ(shard.cache.stats().misses, 1U);
  EXPECT_EQ(shard.cache.stats().entries, 1U);
  EXPECT_EQ(shard.cache.stats().classes, 1U);
}

TEST(ClassPlans, ServeSubjectsThatNobodyWantsToo) {
  Fixture shard;
  shard.add("orders.>");
  EXPECT_FALSE(shard.hit("nobody.1"));
  EXPECT_TRUE(shard.hit("nobody.2"));
  EXPECT_FALSE(shard.hit("nobody.2.3"));  // another number of tokens
}

TEST(ClassPlans, AreAnnouncedToTheBuilder) {
  struct Row {
    const char* pattern;
    const char* subject;
    bool is_class;
  };

  constexpr Row kRows[] = {
      {"_INBOX.x.*", "_INBOX.x.1", true},
      {"a.b", "a.b", false},
      {"a.b", "a.c", false},
      {"a.b", "b.c", true},
      {"a.*.c", "a.b.c", false},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.subject);
    Fixture shard;
    shard.add(row.pattern);
    shard.cache.sync();
    std::string text;
    const auto build = [&text](const PlanSubject& subject, const Match& match) {
      text = subject.text;
      return makeTestPlan(subject, match);
    };
    EXPECT_EQ(shard.cache.find(row.subject, build).is_class, row.is_class);
    EXPECT_EQ(text, row.subject);
    EXPECT_EQ(shard.cache.stats().classes, row.is_class ? 1U : 0U);
  }
}

TEST(ClassPlans, AreNotMadeWhereTheyAreOff) {
  Interest interest;
  NaiveReceiver receiver;
  ASSERT_TRUE(interest.insert("_INBOX.x.*", "", receiver).has_value());
  Cache cache(interest, kRoomy);
  cache.sync();
  EXPECT_FALSE(cache.find("_INBOX.x.1", makeTestPlan).is_class);
  EXPECT_FALSE(hits(cache, "_INBOX.x.2"));
  EXPECT_EQ(cache.stats().entries, 2U);
}

TEST(ClassPlans, GoWhenALiteralOfTheClassIsSubscribed) {
  Fixture shard;
  shard.add("_INBOX.x.*");
  shard.find("_INBOX.x.1");
  shard.add("_INBOX.x.foo");
  EXPECT_EQ(shard.find("_INBOX.x.foo"), 2U);
  EXPECT_EQ(shard.find("_INBOX.x.2"), 1U);
  EXPECT_EQ(shard.cache.stats().classes, 0U);
  // Its siblings are exact until it goes.
  shard.remove(1);
  EXPECT_EQ(shard.find("_INBOX.x.foo"), 1U);
  EXPECT_FALSE(shard.cache.find("_INBOX.x.2", makeTestPlan).is_class);
  EXPECT_TRUE(shard.hit("_INBOX.x.3"));
}

TEST(ClassPlans, GoAtEveryDepthThatALiteralBelongsTo) {
  Fixture shard;
  shard.add(">");
  shard.find("a.b.c");  // decided by nothing
  ASSERT_EQ(shard.cache.stats().classes, 1U);
  shard.add("q.r");
  shard.find("x.b.c");  // still served by the first one
  ASSERT_EQ(shard.cache.stats().classes, 1U);
  shard.add("a.b.c");
  EXPECT_EQ(shard.find("a.b.c"), 2U);
  EXPECT_EQ(shard.find("y.b.c"), 1U);  // a class of depth one
  EXPECT_EQ(shard.find("y.y"), 1U);
  shard.add("y.q.r");
  shard.add("y.s");
  EXPECT_EQ(shard.find("y.q.r"), 2U);
  EXPECT_EQ(shard.find("y.s"), 2U);
}

TEST(ClassPlans, StayWhereALiteralConcernsNoneOfTheirSubjects) {
  Fixture shard;
  shard.add("_INBOX.x.*");
  shard.find("_INBOX.x.1");
  EXPECT_FALSE(shard.voids([&shard] {
    for (const char* const other : {"_INBOX.x.foo.bar", "_INBOX.x", "_INBOX.y.foo", "a.b.c"})
      shard.add(other);
  }));
  EXPECT_TRUE(shard.hit("_INBOX.x.2"));
}

TEST(ClassPlans, AskWildcardsWhetherTheyOverlap) {
  for (const char* const pattern : {"*.x.foo", "_INBOX.*.*", ">", "_INBOX.x.*", "*.*.foo"}) {
    Fixture shard;
    shard.add("_INBOX.x.*");
    shard.find("_INBOX.x.1");
    EXPECT_TRUE(shard.voids([&] { shard.add(pattern); })) << pattern;
    EXPECT_EQ(shard.find("_INBOX.x.foo"), 2U) << pattern;
    EXPECT_TRUE(shard.voids([&] { shard.remove(1); })) << pattern;
    EXPECT_EQ(shard.find("_INBOX.x.foo"), 1U) << pattern;
  }
}

TEST(ClassPlans, NeverServeASubjectWithAnEmptyToken) {
  Fixture shard;
  shard.add("_INBOX.x.*");
  shard.add(">");
  shard.find("_INBOX.x.1");
  shard.find("a.b");
  for (const char* const subject : {"_INBOX.x.", "_INBOX.x..y", "_INBOX..y", ".x.y", "a.", ""}) {
    EXPECT_EQ(shard.find(subject), 0U) << subject;
    EXPECT_FALSE(shard.cache.find(subject, makeTestPlan).is_class) << subject;
  }
}

TEST(ClassPlans, EndAtADepthThatIsStillWorthLooking) {
  Fixture shard;
  std::string prefix;
  for (std::size_t i = 0; i < SubjectCuts::kMaxDepth; ++i)
    prefix += "t.";
  shard.add(prefix + "*");
  shard.add("u." + prefix + "*");
  EXPECT_EQ(shard.find(prefix + "1"), 1U);
  EXPECT_TRUE(shard.hit(prefix + "2"));
  EXPECT_EQ(shard.find("u." + prefix + "1"), 1U);
  EXPECT_FALSE(shard.hit("u." + prefix + "2"));
}

TEST(ClassPlans, HeedWhatElseDependsOnTheSubject) {
  Fixture shard;
  shard.add("a.*.*");
  shard.cache.sync();
  // Something else than the match asks the second token too.
  const auto two = [](std::string_view, const Match& match) {
    return std::max<std::size_t>(match.decided, 2);
  };
  shard.cache.find("a.b.1", makeTestPlan, two);
  EXPECT_TRUE(hits(shard.cache, "a.b.2"));
  EXPECT_FALSE(hits(shard.cache, "a.c.1"));
}

TEST(ClassPlans, LetASubjectThatIsFoundAloneGoFirst) {
  Fixture shard;
  shard.add("x.*");
  shard.add("x.foo");
  shard.find("x.foo");
  shard.remove(1);
  shard.find("x.1");
  ASSERT_EQ(shard.cache.stats().classes, 1U);
  EXPECT_EQ(shard.find("x.foo"), 1U);
}

TEST(Epoch, StaysWhileChangesConcernNoPlan) {
  Fixture shard;
  shard.add("a.*");
  shard.add("a.b");
  shard.find("a.b");
  shard.find("_INBOX.x.1");
  EXPECT_FALSE(shard.voids([&shard] {
    for (int i = 0; i < 300; ++i) {  // more wildcards than a cache remembers
      shard.add(numbered("_INBOX.", i) + ".foo.bar");
      shard.add("orders.*");
      shard.remove(shard.naive.all().size() - 1);
      shard.cache.sync();
    }
  }));
  EXPECT_FALSE(shard.voids([&shard] { shard.find("a.c"); }));  // a new plan beside the others
  EXPECT_TRUE(shard.hit("a.b"));
}

TEST(Epoch, StaysInACacheThatHoldsNothing) {
  Fixture shard;
  EXPECT_FALSE(shard.voids([&shard] { shard.add("a.*"); }));
  EXPECT_FALSE(shard.voids([&shard] {
    for (std::size_t i = 0; i <= Interest::kRingSize; ++i)
      shard.add("other");
  }));
}

TEST(Epoch, StaysMostlyWhileInboxesOfOthersComeAndGo) {
  Fixture shard;
  shard.add("a.b");
  shard.add("_INBOX.mine.*");
  shard.find("a.b");
  shard.find("_INBOX.mine.1");
  const std::uint64_t before = shard.cache.epoch();
  for (int i = 0; i < 300; ++i) {
    shard.add(numbered("_INBOX.other", i) + ".*");
    shard.remove(shard.naive.all().size() - 1);
    shard.cache.sync();
  }
  EXPECT_LT(shard.cache.epoch() - before, 60U);  // a filter on hashes, which may meet
  EXPECT_TRUE(shard.hit("_INBOX.mine.2"));
}

TEST(Epoch, ForgetsPlansThatAreGone) {
  Fixture shard;
  shard.add("a.b");
  shard.add("_INBOX.mine.foo");
  shard.find("a.b");
  for (int i = 0; i < 5000; ++i) {  // each is voided by its own literal
    shard.find(numbered("_INBOX.old", i) + ".foo");
    shard.add(numbered("_INBOX.old", i) + ".foo");
    shard.remove(shard.naive.all().size() - 1);
    shard.cache.sync();
  }
  for (int i = 0; i < 100; ++i)
    shard.find("a.b." + std::to_string(i) + ".");  // what comes wears the summary of what is gone
  const std::uint64_t before = shard.cache.epoch();
  for (int i = 0; i < 300; ++i) {
    shard.add(numbered("_INBOX.other", i) + ".*");
    shard.remove(shard.naive.all().size() - 1);
    shard.cache.sync();
  }
  EXPECT_LT(shard.cache.epoch() - before, 120U);  // of 600
}

TEST(Epoch, GrowsWhenAPlanMayNoLongerBeUsed) {
  Fixture shard;
  shard.add("a.*");
  shard.find("a.1");
  EXPECT_TRUE(shard.voids([&shard] { shard.add("a.b"); })) << "a literal in a class";
  shard.find("a.1");
  EXPECT_TRUE(shard.voids([&shard] { shard.add("a.1"); })) << "a literal";
  shard.find("a.1");
  EXPECT_TRUE(shard.voids([&shard] { shard.add("*.1"); })) << "a wildcard";
  shard.find("a.1");
  EXPECT_TRUE(shard.voids([&shard] { shard.cache.shrink(1); })) << "memory given back";
  shard.find("a.1");
  EXPECT_TRUE(shard.voids([&shard] { shard.budget.setLimits({}); })) << "an eviction";
  shard.find("a.1");
  EXPECT_TRUE(shard.voids([&shard] { shard.find("a.2"); })) << "another plan in the scratch place";
  EXPECT_TRUE(shard.voids([&shard] { shard.add("a.2"); })) << "a literal in the scratch place";
  shard.find("a.2");
  EXPECT_TRUE(shard.voids([&shard] { shard.add("*.2"); })) << "a wildcard in the scratch place";
  shard.budget.setLimits(kRoomy);
  shard.find("a.2");
  shard.find("a.2");
  EXPECT_TRUE(shard.voids([&shard] {
    for (std::size_t i = 0; i <= Interest::kRingSize; ++i)
      shard.add("other");
  })) << "changes that were lost";
}

TEST(Epoch, StaysWhenAPlanMovesFromTheScratchPlaceIntoTheCache) {
  Fixture shard({.entries = 1, .bytes = 1'000'000});
  shard.add("a.b");
  shard.cache.sync();
  const TestPlan* const plan = &shard.cache.find("a.b", makeTestPlan);
  shard.cache.find("a.c", makeTestPlan);
  const TestPlan* const second = &shard.cache.find("a.c", makeTestPlan);
  EXPECT_NE(plan, second);
  const std::uint64_t epoch = shard.cache.epoch();
  EXPECT_EQ(&shard.cache.find("a.c", makeTestPlan), second);
  EXPECT_EQ(shard.cache.epoch(), epoch);
}

// What a caller remembers of a find(): it may use the plan while the epoch stays.
struct Remembered {
  const TestPlan* plan = nullptr;
  std::uint64_t epoch = 0;
};

class RandomShard {
 public:
  explicit RandomShard(Rng& rng)
      : rng_(rng),
        shard_({.entries = 1 + rng.below(60), .bytes = 500 + rng.below(40'000)}),
        other_(interest_, shard_.budget, Classes::on) {}

  void step() {
    // Mostly few changes between two lookups, now and then more than the rings hold.
    std::uint32_t changes = rng_.below(3);
    if (rng_.below(50) == 0) changes = rng_.below(200);
    for (; changes > 0; --changes)
      change();
    shard_.cache.sync();
    checkRemembered();
    const std::string subject = anySubject();
    const TestPlan& plan = shard_.cache.find(subject, makeTestPlan);
    ASSERT_EQ(plan.found, shard_.naive.match(subject)) << subject;
    ASSERT_EQ(plan.found, fresh(subject)) << subject;
    remembered_[subject] = {&plan, shard_.cache.epoch()};
    checkRemembered();
    if (rng_.below(100) == 0) shard_.cache.shrink(rng_.below(5000));
    if (rng_.below(10) == 0) other_.find("exact.." + subject, makeTestPlan);  // makes room
    ASSERT_LE(shard_.cache.bytes() + other_.bytes(), shard_.budget.bytes());
  }

  [[nodiscard]] CacheStats stats() const { return shard_.cache.stats(); }

 private:
  // Few tokens where patterns are, and now and then an empty one or one that no pattern has.
  std::string anySubject() {
    std::string subject = randomSubject(rng_);
    const std::uint32_t kind = rng_.below(20);
    if (kind == 0) return subject + ".";
    if (kind == 1) return subject + "..t1";
    if (kind < 8) return subject + numbered(".u", static_cast<int>(rng_.below(1000)));
    return subject;
  }

  void change() {
    const std::size_t size = shard_.naive.all().size();
    if (size < 12 || (rng_.below(2) == 0 && size < 30)) {
      shard_.add(randomPattern(rng_), randomQueue(rng_));
    } else {
      shard_.remove(rng_.below(static_cast<std::uint32_t>(size)));
    }
  }

  Described fresh(const std::string& subject) {
    Described result;
    shard_.interest.withMatch(subject, match_, [&result](const Match& match, std::uint64_t) {
      result = described(match);
    });
    return result;
  }

  void checkRemembered() {
    for (const auto& [subject, of] : remembered_) {
      if (of.epoch != shard_.cache.epoch()) continue;
      ASSERT_EQ(of.plan->found, shard_.naive.match(subject)) << subject;
    }
    if (remembered_.size() > 20) remembered_.clear();
  }

  Rng& rng_;
  Interest interest_;
  Fixture shard_;
  Cache other_;
  Match match_;
  std::map<std::string, Remembered> remembered_;
};

TEST(ClassPlans, AgreeWithFreshMatchesAfterRandomChanges) {
  std::uint64_t hits = 0;
  std::uint64_t classes = 0;
  forEachSeed(80, [&hits, &classes](Rng& rng) {
    RandomShard shard(rng);
    for (int i = 0; i < 800 && !testing::Test::HasFatalFailure(); ++i) {
      shard.step();
      classes += shard.stats().classes;
    }
    hits += shard.stats().hits;
  });
  EXPECT_GT(hits, 0U);
  EXPECT_GT(classes, 0U);
}

TEST(Admission, LetsAFloodOfSubjectsThatOccurOnceEvictNothing) {
  // A literal beside them makes all subjects exact; unknown inboxes are classes that occur once.
  for (const char* const suffix : {"", ".1"}) {
    Fixture shard({.entries = 50, .bytes = 1'000'000});
    for (int i = 0; i < 50; ++i)
      shard.add(numbered("hot.", i));
    shard.add("_INBOX.*");
    shard.add("_INBOX.foo.bar");
    for (int i = 0; i < 50; ++i)
      shard.find(numbered("hot.", i));
    for (int i = 0; i < 20'000; ++i) {
      ASSERT_FALSE(shard.hit(numbered("_INBOX.", i) + suffix));
      ASSERT_EQ(shard.cache.stats().entries, 50U);
    }
    for (int i = 0; i < 50; ++i)
      EXPECT_TRUE(shard.hit(numbered("hot.", i))) << i;
  }
}

TEST(Admission, KeepsASubjectFromItsSecondUseOn) {
  Fixture shard({.entries = 20, .bytes = 1'000'000});
  shard.add("a.b");
  for (int i = 0; i < 20; ++i)
    shard.find(numbered("a.", i));
  EXPECT_FALSE(shard.hit("a.soon"));
  EXPECT_TRUE(shard.hit("a.soon"));  // from the scratch place
  EXPECT_FALSE(shard.hit("a.late"));
  for (int i = 0; i < 10; ++i)
    EXPECT_FALSE(shard.hit(numbered("a.once", i)));
  EXPECT_FALSE(shard.hit("a.late"));  // made again, and kept
  for (int i = 10; i < 20; ++i)
    EXPECT_FALSE(shard.hit(numbered("a.once", i)));
  EXPECT_TRUE(shard.hit("a.soon"));
  EXPECT_TRUE(shard.hit("a.late"));
  EXPECT_EQ(shard.cache.stats().entries, 20U);
}

TEST(Admission, TakesEverythingAtOnceWhileThereIsRoom) {
  Fixture shard;
  shard.add("a.b");
  for (int i = 0; i < 900; ++i)
    shard.find(numbered("a.", i));
  for (int i = 0; i < 900; ++i)
    EXPECT_TRUE(shard.hit(numbered("a.", i)));
}

TEST(Admission, FollowsAWorkingSetAsLargeAsTheCache) {
  Fixture shard({.entries = 1000, .bytes = 10'000'000});
  shard.add("a.b");
  for (int i = 0; i < 5000; ++i)
    shard.find(numbered("a.old", i));
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 900; ++i)
      shard.find(numbered("a.new", i));
  }
  int known = 0;
  for (int i = 0; i < 900; ++i)
    known += shard.hit(numbered("a.new", i)) ? 1 : 0;
  EXPECT_GT(known, 800);
}

}  // namespace
}  // namespace gannet::subject
