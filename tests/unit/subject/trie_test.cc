#include "subject/trie.h"

#include "tests/unit/seeds.h"
#include "tests/unit/subject/naive_interest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace gannet::subject {
namespace {

TEST(Trie, FindsASubscriberByEverySmallPatternAndSubject) {
  // Given every text of up to three tokens, as pattern and as subject.
  const std::vector<std::string> tokens = {"a", "b", "*", ">", ""};
  std::vector<std::string> texts = tokens;
  for (std::size_t i = 0; i < 30; ++i) {
    for (const auto& token : tokens)
      texts.push_back(texts[i] + "." + token);
  }

  for (const auto& pattern : texts) {
    Trie trie;
    Receiver receiver;
    ASSERT_EQ(trie.insert(pattern, "", receiver).has_value(), isPattern(pattern)) << pattern;
    if (!isPattern(pattern)) continue;
    EXPECT_EQ(patternOf(receiver), pattern);
    for (const auto& subject : texts) {
      Match match;
      trie.match(subject, match);
      EXPECT_EQ(!match.empty(), matches(pattern, subject)) << pattern << " against " << subject;
      EXPECT_EQ(trie.any(subject), matches(pattern, subject)) << pattern << " against " << subject;
    }
    trie.erase(receiver);
    EXPECT_EQ(trie.nodes(), 1U);
  }
}

TEST(Trie, AgreesWithANaiveMatcherOnRandomInterest) {
  forEachSeed(100, [](Rng& rng) {
    Trie trie;
    NaiveInterest naive;
    Match match;
    for (int step = 0; step < 500; ++step) {
      if (rng.below(5) < 3 || naive.all().empty()) {
        const std::string pattern = randomPattern(rng);
        const std::string queue = randomQueue(rng);
        NaiveReceiver& added = naive.add(pattern, queue);
        ASSERT_TRUE(trie.insert(pattern, queue, added).has_value());
      } else {
        const std::size_t which = rng.below(static_cast<std::uint32_t>(naive.all().size()));
        trie.erase(*naive.all()[which]);
        naive.remove(which);
      }
      const std::string subject = randomSubject(rng);
      trie.match(subject, match);
      ASSERT_EQ(described(match), naive.match(subject)) << subject;
      ASSERT_EQ(trie.any(subject), !match.empty());
      ASSERT_EQ(trie.size(), naive.all().size());
    }
    std::size_t visited = 0;
    trie.forEach([&visited](const Receiver& receiver) {
      const auto& known = static_cast<const NaiveReceiver&>(receiver);
      EXPECT_EQ(patternOf(receiver), known.pattern);
      EXPECT_EQ(queueOf(receiver), known.queue);
      ++visited;
    });
    EXPECT_EQ(visited, naive.all().size());
    while (!naive.all().empty()) {
      trie.erase(*naive.all().back());
      naive.remove(naive.all().size() - 1);
    }
    EXPECT_EQ(trie.nodes(), 1U);
    EXPECT_EQ(trie.size(), 0U);
  });
}

// The definition of Match::decided, read off the patterns: a node stands for the tokens that some
// pattern begins with, and is visited where these match the subject's.
std::size_t naiveDecided(const NaiveInterest& naive, std::string_view subject) {
  const std::vector<std::string> tokens = tokensOf(subject);
  std::size_t decided = 0;
  for (const auto& receiver : naive.all()) {
    const std::vector<std::string> wanted = tokensOf(receiver->pattern);
    for (std::size_t i = 0; i < wanted.size() && i < tokens.size(); ++i) {
      if (wanted[i] != "*" && wanted[i] != ">") decided = std::max(decided, i + 1);
      if (wanted[i] != "*" && wanted[i] != tokens[i]) break;
    }
  }
  return decided;
}

TEST(Trie, TellsHowManyTokensDecided) {
  struct Row {
    std::vector<std::string> patterns;
    std::string subject;
    std::size_t decided;
  };

  const std::vector<Row> rows = {
      {{}, "a.b", 0},
      {{">"}, "a.b", 0},
      {{"*.*"}, "a.b", 0},
      {{"_INBOX.x.*"}, "_INBOX.x.1", 2},
      {{"_INBOX.x.*"}, "_INBOX.y.1", 2},
      {{"_INBOX.x.*"}, "other.x.1", 1},
      {{"_INBOX.x.*", "_INBOX.x.foo"}, "_INBOX.x.1", 3},
      {{"_INBOX.x.*", "_INBOX.x.foo"}, "_INBOX.x", 2},  // no token is left to compare
      {{"_INBOX.x.*", "_INBOX.x.foo.bar"}, "_INBOX.x.1", 3},
      {{"*.b"}, "a.c", 2},             // reached through `*`, and failed
      {{"a.*", "*.*.z"}, "a.b.c", 3},  // the `*` branch is the deepest
      {{"*.*.z", "a.*"}, "a.b.c.d", 3},
      {{"a.>", "b.c.d"}, "a.b.c.d", 1},
  };
  for (const Row& row : rows) {
    Trie trie;
    std::deque<Receiver> receivers(row.patterns.size());
    for (std::size_t i = 0; i < receivers.size(); ++i) {
      ASSERT_TRUE(trie.insert(row.patterns[i], "", receivers[i]).has_value());
    }
    Match match;
    trie.match(row.subject, match);
    EXPECT_EQ(match.decided, row.decided)
        << row.subject << " " << testing::PrintToString(row.patterns);
  }
}

TEST(Trie, CountsAllTokensOfASubjectWithAnEmptyOneAsDeciding) {
  const Trie trie;
  Match match;
  for (const char* const subject : {"", ".", "a.", ".a", "a..b", "_INBOX.x.", "...."}) {
    trie.match(subject, match);
    EXPECT_GE(match.decided, tokensOf(subject).size()) << subject;
  }
}

TEST(Trie, GivesSubjectsOfOneClassTheSameMatch) {
  forEachSeed(100, [](Rng& rng) {
    Trie trie;
    NaiveInterest naive;
    Match match;
    for (int step = 0; step < 200; ++step) {
      if (rng.below(5) < 3 || naive.all().empty()) {
        NaiveReceiver& added = naive.add(randomPattern(rng), randomQueue(rng));
        ASSERT_TRUE(trie.insert(added.pattern, added.queue, added).has_value());
      } else {
        const std::size_t which = rng.below(static_cast<std::uint32_t>(naive.all().size()));
        trie.erase(*naive.all()[which]);
        naive.remove(which);
      }
      std::vector<std::string> tokens = tokensOf(randomSubject(rng));
      trie.match(joined(tokens), match);
      ASSERT_EQ(match.decided, naiveDecided(naive, joined(tokens))) << joined(tokens);
      const Described first = described(match);
      // Any other tokens behind the deciding ones, those of patterns and wildcards among them.
      for (std::size_t i = match.decided; i < tokens.size(); ++i)
        tokens[i] = rng.below(9) == 0 ? "*" : "t" + std::to_string(rng.below(60));
      ASSERT_EQ(naive.match(joined(tokens)), first) << joined(tokens);
    }
    while (!naive.all().empty()) {
      trie.erase(*naive.all().back());
      naive.remove(naive.all().size() - 1);
    }
  });
}

TEST(Trie, MergesQueueGroupsOfOneNameAcrossPatterns) {  // client-protocol §9.2
  Trie trie;
  Receiver exact;
  Receiver star;
  Receiver tail;
  Receiver other;
  ASSERT_TRUE(trie.insert("foo", "q", exact).has_value());
  ASSERT_TRUE(trie.insert("*", "q", star).has_value());
  ASSERT_TRUE(trie.insert(">", "q", tail).has_value());
  ASSERT_TRUE(trie.insert(">", "other", other).has_value());

  Match match;
  trie.match("foo", match);

  ASSERT_EQ(match.queues.size(), 2U);
  EXPECT_EQ(match.queues[0].name, "other");
  EXPECT_EQ(match.queues[1].name, "q");
  EXPECT_EQ(match.queues[1].members.size(), 3U);
  EXPECT_TRUE(match.plain.empty());
}

TEST(Trie, LetsReceiversLeaveOneSubjectAndOneGroupInAnyOrder) {
  for (const char* const queue : {"", "q"}) {
    constexpr std::size_t kCount = 100'000;
    const auto receivers = std::make_unique<Receiver[]>(kCount);
    Trie trie;
    for (std::size_t i = 0; i < kCount; ++i) {
      ASSERT_TRUE(trie.insert("a.b", queue, receivers[i]).has_value());
    }
    for (std::size_t i = 0; i < kCount; i += 2)
      trie.erase(receivers[i]);

    Match match;
    trie.match("a.b", match);
    EXPECT_EQ(match.plain.size() + (match.queues.empty() ? 0 : match.queues[0].members.size()),
              kCount / 2);
    for (std::size_t i = 1; i < kCount; i += 2)
      trie.erase(receivers[i]);
    EXPECT_EQ(trie.nodes(), 1U);
  }
}

TEST(Trie, EraseOfAReceiverInNoTrieDoesNothing) {
  Trie trie;
  Receiver receiver;
  trie.erase(receiver);
  EXPECT_EQ(patternOf(receiver), "");
  ASSERT_TRUE(trie.insert("a", "", receiver).has_value());
  trie.erase(receiver);
  trie.erase(receiver);
  EXPECT_EQ(trie.size(), 0U);
}

TEST(Trie, StandsSubjectsOfManyTokensAndCrowdedWildcards) {
  // Given patterns of 255 wildcards, of 100,000 tokens, and all of {a, *} at twelve levels.
  std::vector<std::string> patterns = {"*", "a"};
  for (int i = 1; i < 255; ++i)
    patterns[0] += ".*";
  for (int i = 1; i < 100'000; ++i)
    patterns[1] += ".a";
  for (unsigned bits = 0; bits < 4096; ++bits) {
    std::string pattern;
    for (unsigned at = 0; at < 12; ++at)
      pattern += (bits >> at & 1U) != 0 ? "a." : "*.";
    patterns.push_back(pattern + "end");
  }
  const auto receivers = std::make_unique<Receiver[]>(patterns.size());
  Trie trie;
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    ASSERT_TRUE(trie.insert(patterns[i], "", receivers[i]).has_value());
  }

  Match match;
  trie.match(patterns[1], match);
  EXPECT_EQ(match.plain.size(), 1U);
  trie.match(patterns[0], match);
  EXPECT_EQ(match.plain.size(), 1U);
  trie.match("a.a.a.a.a.a.a.a.a.a.a.a.end", match);
  EXPECT_EQ(match.plain.size(), 4096U);
  trie.match(std::string(4096, '.'), match);
  EXPECT_TRUE(match.empty());
}

}  // namespace
}  // namespace gannet::subject
