#include "subject/tokens.h"

#include <gtest/gtest.h>

#include <string>
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

TEST(Tokens, RefuseBlanksOnlyInStrictPatterns) {
  EXPECT_TRUE(isPattern("a\fb"));
  for (const char* const text : {"a\fb", "a b", "a\tb", "a\rb", "a\nb", "a..b"}) {
    EXPECT_FALSE(isStrictPattern(text)) << text;
  }
  EXPECT_TRUE(isStrictPattern("a.*.>"));
}

TEST(Tokens, AreCountedWithTheEmptyOnes) {
  EXPECT_EQ(countTokens("a"), 1U);
  EXPECT_EQ(countTokens("a.b.c"), 3U);
  EXPECT_EQ(countTokens("a..c."), 4U);
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

// All texts of up to three of the tokens.
std::vector<std::string> allTexts(const std::vector<std::string>& tokens) {
  std::vector<std::string> texts = tokens;
  std::size_t from = 0;
  for (int length = 2; length <= 3; ++length) {
    const std::size_t end = texts.size();
    for (; from < end; ++from) {
      for (const auto& token : tokens)
        texts.push_back(texts[from] + "." + token);
    }
  }
  return texts;
}

TEST(Tokens, OverlapAndSubsetFollowFromMatching) {
  // Given all small patterns, and subjects long enough to tell them apart.
  std::vector<std::string> patterns;
  for (const auto& text : allTexts({"a", "b", "*", ">"})) {
    if (isPattern(text)) patterns.push_back(text);
  }
  std::vector<std::string> subjects = allTexts({"a", "b", "c"});
  for (const auto& text : allTexts({"a", "b", "c"}))
    subjects.push_back(text + ".c.c");

  for (const auto& a : patterns) {
    for (const auto& b : patterns) {
      bool both = false;
      bool all = true;
      for (const auto& subject : subjects) {
        both = both || (matches(a, subject) && matches(b, subject));
        all = all && (!matches(a, subject) || matches(b, subject));
      }
      EXPECT_EQ(overlaps(a, b), both) << a << " " << b;
      EXPECT_EQ(isSubset(a, b), all) << a << " in " << b;
    }
  }
}

}  // namespace
}  // namespace gannet::subject
