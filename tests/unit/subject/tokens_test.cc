#include "subject/tokens.h"

#include <gtest/gtest.h>

#include <string_view>

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

}  // namespace
}  // namespace gannet::subject
