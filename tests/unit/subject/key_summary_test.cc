#include "subject/key_summary.h"

#include "tests/unit/seeds.h"
#include "tests/unit/subject/naive_interest.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gannet::subject {
namespace {

struct Row {
  SubjectClass key;  // of no tokens: a subject
  std::string_view pattern;
  bool may_concern;
};

constexpr Row kRows[] = {
    {{"a.b", 0}, "a.*", true},
    {{"a.b", 0}, "*.b", true},
    {{"a.b", 0}, ">", true},
    {{"a.b", 0}, "b.*", false},
    {{"a.b.c", 0}, "a.b.*", true},
    {{"a.b.c", 0}, "a.x.*", false},
    {{"_INBOX.x.", 3}, "_INBOX.x.*", true},
    {{"_INBOX.x.", 3}, "_INBOX.y.*", false},
    {{"a.", 2}, "a.x.*", true},
    {{"a.", 2}, "b.x.*", false},
    {{"", 2}, "b.x.*", true},
    {{"a", 0}, "a.b.*", false},
};

TEST(KeySummary, TellsByTwoTokensWhatAPatternMayConcern) {
  for (const Row& row : kRows) {
    KeySummary summary;
    EXPECT_FALSE(summary.mayConcern(row.pattern));
    summary.add(row.key);
    EXPECT_EQ(summary.mayConcern(row.pattern), row.may_concern)
        << row.pattern << " and " << row.key.prefix;
  }
}

TEST(KeySummary, NeverDeniesWhatAPatternConcerns) {
  forEachSeed(100, [](Rng& rng) {
    struct Key {
      std::string text;
      std::size_t tokens;
    };

    KeySummary summary;
    std::vector<Key> keys;
    for (int step = 0; step < 100; ++step) {
      if (rng.below(3) > 0 || keys.empty()) {
        const std::string subject = randomSubject(rng);
        const SubjectCuts cuts(subject);
        const std::size_t depth = rng.below(static_cast<std::uint32_t>(cuts.tokens() + 1));
        if (depth == cuts.tokens()) {
          keys.push_back({subject, 0});
        } else {
          keys.push_back({std::string(cuts.classAt(depth).prefix), cuts.tokens()});
        }
        summary.add({keys.back().text, keys.back().tokens});
      } else {
        const std::size_t which = rng.below(static_cast<std::uint32_t>(keys.size()));
        summary.remove({keys[which].text, keys[which].tokens});
        keys.erase(keys.begin() + static_cast<std::ptrdiff_t>(which));
      }
      const std::string pattern = randomPattern(rng);
      std::uint32_t depths = 0;
      for (const Key& key : keys) {
        const bool concerned = key.tokens == 0 ? matches(pattern, key.text)
                                               : overlaps(pattern, {key.text, key.tokens});
        ASSERT_TRUE(!concerned || summary.mayConcern(pattern)) << pattern << " " << key.text;
        if (key.tokens > 0) depths |= 1U << (tokensOf(key.text).size() - 1);
      }
      ASSERT_EQ(summary.depths(), depths);
    }
  });
}

TEST(KeySummary, IsWornWhenMostOfItsKeysAreGone) {
  KeySummary summary;
  for (int i = 0; i < 1000; ++i)
    summary.add({"a.b", 0});
  EXPECT_FALSE(summary.isWorn());
  for (int i = 0; i < 700; ++i)
    summary.remove({"a.b", 0});
  EXPECT_TRUE(summary.isWorn());
}

}  // namespace
}  // namespace gannet::subject
