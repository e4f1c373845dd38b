#include "subject/tokens.h"

#include "tests/unit/seeds.h"
#include "tests/unit/subject/naive_interest.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace gannet::subject {
namespace {

struct PatternRow {
  std::string_view text;
  bool is_pattern, is_literal;
};

constexpr PatternRow kPatterns[] = {
    {"foo", true, true},         {"foo.bar", true, true},    {"$X.y", true, true},
    {"_INBOX.a", true, true},    {"*", true, false},         {">", true, false},
    {"foo.*", true, false},      {"*.bar", true, false},     {"foo.*.>", true, false},
    {"foo.>", true, false},      {"foo*", true, true},       {"*bar", true, true},
    {"foo.*bar", true, true},    {"foo>bar", true, true},    {">bar", true, true},
    {"foo.>>", true, true},      {"foo.**", true, true},     {"foo.bar,*,>,baz", true, true},
    {"", false, false},          {".", false, false},        {".foo", false, false},
    {"foo.", false, false},      {"foo..bar", false, false}, {">.bar", false, false},
    {"foo.>.bar", false, false}, {"foo.>.>", false, false},
};

TEST(Tokens, TellPatternsAndLiteralsAsTheSpecSays) {  // client-protocol §5.1
  for (const PatternRow& row : kPatterns) {
    SCOPED_TRACE(row.text);
    EXPECT_EQ(isPattern(row.text), row.is_pattern);
    EXPECT_EQ(isLiteral(row.text), row.is_literal);
  }
}

TEST(Tokens, NameTheReasonOfABadPattern) {
  EXPECT_EQ(checkPattern("foo..bar").error(), PatternError::empty_token);
  EXPECT_EQ(checkPattern("foo.>.bar").error(), PatternError::tail_not_last);
}

TEST(Tokens, RefuseBlanksOnlyInStrictLiterals) {
  EXPECT_TRUE(isLiteral("a\fb"));
  for (const char* const text : {"a\fb", "a b", "a\tb", "a\rb", "a\nb", "a..b", "a.*", ">"}) {
    EXPECT_FALSE(isStrictLiteral(text)) << text;
  }
  EXPECT_TRUE(isStrictLiteral("a.b"));
}

struct MatchRow {
  std::string_view pattern, subject;
  bool matches;
};

constexpr MatchRow kMatches[] = {
    {"a.b", "a.b", true},     {"a.*", "a.b", true},        {"a.*", "a", false},
    {"a.>", "a.b.c", true},   {"a.>", "a", false},         {">", "a", true},
    {"a*", "ab", false},      {"a.b", "a..b", false},      {"*", "*", true},
    {"foo.*", "foo.*", true}, {"foo.>", "foo.*", true},    {">", "foo.*", true},
    {"*.*", "foo.*", true},   {"foo.bar", "foo.*", false}, {">", "a..b", false},
    {">", ".a", false},       {">", "a.", false},          {">", "", false},
    {"a.b", "a.b.c", false},  {"A", "a", false},           {"*", ">", true},
    {"a.*.c", "a.b.c", true}, {"*.>", "a", false},         {"a.**", "a.b", false},
    {"a.>>", "a.>>", true},   {"*", "a.b", false},         {"a.b.c", "a.b", false},
};

TEST(Tokens, MatchAsTheSpecSays) {  // client-protocol §5.2, §5.3
  for (const MatchRow& row : kMatches) {
    EXPECT_EQ(matches(row.pattern, row.subject), row.matches)
        << row.pattern << " against " << row.subject;
  }
}

struct OverlapRow {
  std::string_view pattern, prefix;
  std::size_t tokens;
  bool overlaps;
};

constexpr OverlapRow kOverlaps[] = {
    {"_INBOX.x.foo", "_INBOX.x.", 3, true},  // the SUB that makes a class untrue
    {"_INBOX.y.foo", "_INBOX.x.", 3, false},
    {"_INBOX.x.foo.bar", "_INBOX.x.", 3, false},
    {"_INBOX.x", "_INBOX.x.", 3, false},
    {"_INBOX.x.*", "_INBOX.x.", 3, true},
    {"_INBOX.*.foo", "_INBOX.x.", 3, true},
    {"_INBOX.>", "_INBOX.x.", 3, true},
    {"_INBOX.x.>", "_INBOX.x.", 3, true},
    {"_INBOX.x.y.>", "_INBOX.x.", 3, false},
    {"_INBOX.x.y.>", "_INBOX.x.", 4, true},
    {">", "", 1, true},
    {"a", "", 1, true},
    {"a", "", 2, false},
    {"*.*", "", 1, false},
    {"a.b", "*.", 2, false},
    {"*.b", "*.", 2, true},
    {"a", "a.", 2, false},
};

TEST(Tokens, TellWhetherAPatternMatchesSomeSubjectOfAClass) {
  for (const OverlapRow& row : kOverlaps) {
    EXPECT_EQ(overlaps(row.pattern, {row.prefix, row.tokens}), row.overlaps)
        << row.pattern << " against " << row.prefix << " of " << row.tokens;
  }
}

// Tries all tokens that could matter where the class leaves the choice: the pattern's own and one
// that no pattern has.
bool naiveOverlaps(std::string_view pattern, std::vector<std::string> tokens, std::size_t fixed) {
  if (fixed == tokens.size()) return matches(pattern, joined(tokens));
  const std::vector<std::string> wanted = tokensOf(pattern);
  tokens[fixed] = "none";
  if (naiveOverlaps(pattern, tokens, fixed + 1)) return true;
  if (fixed >= wanted.size()) return false;
  tokens[fixed] = wanted[fixed];
  return naiveOverlaps(pattern, tokens, fixed + 1);
}

TEST(Tokens, OverlapAsATrialOfAllTokensSays) {
  forEachSeed(3000, [](Rng& rng) {
    const std::string pattern = randomPattern(rng);
    const std::vector<std::string> tokens = tokensOf(randomSubject(rng));
    const std::string subject = joined(tokens);
    const SubjectCuts cuts(subject);
    for (std::size_t depth = 0; depth < tokens.size(); ++depth) {
      EXPECT_EQ(overlaps(pattern, cuts.classAt(depth)), naiveOverlaps(pattern, tokens, depth))
          << pattern << " against " << depth << " tokens of " << subject;
    }
  });
}

TEST(Tokens, CutASubjectIntoTheClassesItBelongsTo) {
  const SubjectCuts cuts("_INBOX.x.1");
  EXPECT_EQ(cuts.tokens(), 3U);
  EXPECT_EQ(cuts.classAt(0).prefix, "");
  EXPECT_EQ(cuts.classAt(1).prefix, "_INBOX.");
  EXPECT_EQ(cuts.classAt(2).prefix, "_INBOX.x.");
  EXPECT_EQ(cuts.classAt(2).tokens, 3U);

  std::string deep = "t";
  for (int i = 1; i < 100; ++i)
    deep += ".t";
  EXPECT_EQ(SubjectCuts(deep).tokens(), 100U);
  EXPECT_EQ(SubjectCuts(deep).classAt(SubjectCuts::kMaxDepth).prefix.size(), 30U);
}

TEST(Tokens, PutSubjectsWithAnEmptyTokenInNoClass) {
  for (const char* const subject : {"", ".", ".a", "a.", "a..b", "_INBOX.x.", "_INBOX.x..y"}) {
    EXPECT_EQ(SubjectCuts(subject).tokens(), 0U) << subject;
  }
}

}  // namespace
}  // namespace gannet::subject
