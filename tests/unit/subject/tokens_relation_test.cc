// How two patterns relate, held against what matching says of every subject of a small alphabet.

#include "subject/tokens.h"
#include "tests/unit/subject/every_pattern.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace gannet::subject {
namespace {

// The subjects under a pattern, one flag for each.
std::vector<bool> covered(const std::string& pattern, const std::vector<std::string>& subjects) {
  std::vector<bool> flags;
  flags.reserve(subjects.size());
  for (const auto& subject : subjects)
    flags.push_back(matches(pattern, subject));
  return flags;
}

bool haveCommon(const std::vector<bool>& one, const std::vector<bool>& other) {
  for (std::size_t i = 0; i < one.size(); ++i) {
    if (one[i] && other[i]) return true;
  }
  return false;
}

bool isWithin(const std::vector<bool>& narrow, const std::vector<bool>& wide) {
  for (std::size_t i = 0; i < narrow.size(); ++i) {
    if (narrow[i] && !wide[i]) return false;
  }
  return true;
}

TEST(Patterns, RelateAsTheirSubjectsDo) {
  constexpr int kTokens = 3;
  const auto subjects = everySubject(kTokens + 1);
  const auto patterns = everyPattern(kTokens);
  ASSERT_EQ(patterns.size(), 52U);
  for (const auto& one : patterns) {
    const auto of_one = covered(one, subjects);
    for (const auto& other : patterns) {
      const auto of_other = covered(other, subjects);
      EXPECT_EQ(isSubset(one, other), isWithin(of_one, of_other)) << one << " in " << other;
      EXPECT_EQ(overlaps(one, other), haveCommon(of_one, of_other)) << one << " and " << other;
    }
  }
}

struct SubsetRow {
  std::string_view narrow, wide;
  bool is_subset;
};

constexpr SubsetRow kSubsets[] = {
    {"foo*", "foo*", true}, {"foob", "foo*", false}, {"a.>>", "a.*", true},
    {"v..", "v.>", true},   {".", ">", true},        {"v.", "v.*", false},
    {"", "*", false},       {"", ">", true},         {"a.>.b", "a.*.b", false},
    {"a.>.b", "a.>", true}, {"a.b.c", "a.b", false}, {"a.b", "a.b.c", false},
    {"A", "a", false},
};

TEST(Patterns, TakeUnusualTokensLiterally) {  // accounts-and-auth §12.2
  for (const SubsetRow& row : kSubsets) {
    EXPECT_EQ(isSubset(row.narrow, row.wide), row.is_subset) << row.narrow << " in " << row.wide;
  }
}

}  // namespace
}  // namespace gannet::subject
