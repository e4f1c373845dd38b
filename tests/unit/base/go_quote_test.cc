#include "base/go_quote.h"

#include <gtest/gtest.h>

namespace gannet {
namespace {

TEST(GoQuote, EscapesAsGoDoes) {  // client-protocol §4.3

  struct Row {
    std::string_view text, quoted;
  };

  constexpr Row kRows[] = {
      {"", R"("")"},
      {"foo.bar", R"("foo.bar")"},
      {"it's", R"("it's")"},
      {"a\"b\\c", R"("a\"b\\c")"},
      {"\a\b\f\n\r\t\v", R"("\a\b\f\n\r\t\v")"},
      {"\x01\x1f\x7f ", R"("\x01\x1f\x7f ")"},
      {"\u00e9\u20ac\U0001F600", "\"\u00e9\u20ac\U0001F600\""},
      {"\u00a0\u00ad", R"("\u00a0\u00ad")"},
      {"\u0085\u2028", R"("\u0085\u2028")"},
      {"\ufeff\ufffe", R"("\ufeff\ufffe")"},
      {"\ue000", R"("\ue000")"},
      {"\U000e0001\U0010ffff", R"("\U000e0001\U0010ffff")"},
      {"\u0378", R"("\u0378")"},         // unassigned
      {"\U0001E4D0", "\"\U0001E4D0\""},  // a letter since Unicode 15.0
      {"\u2FFC", R"("\u2ffc")"},         // not yet a symbol there
      {"\xff\xc3", R"("\xff\xc3")"},
      {"\xed\xa0\x80", R"("\xed\xa0\x80")"},  // a surrogate
      {"\ufffd", "\"\ufffd\""},
  };
  for (const Row& row : kRows)
    EXPECT_EQ(goQuote(row.text), row.quoted);
  EXPECT_EQ(goQuote(std::string_view("a\0b", 3)), R"("a\x00b")");
}

}  // namespace
}  // namespace gannet
