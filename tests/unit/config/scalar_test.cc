#include "config/language/scalar.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <limits>

namespace gannet::config {
namespace {

// A scalar in a form in which types cannot be mistaken for one another.
struct Show {
  std::string operator()(const std::string& text) const { return "'" + text + "'"; }

  std::string operator()(std::int64_t number) const { return std::to_string(number); }

  std::string operator()(double number) const { return fmt::format("float {}", number); }

  std::string operator()(bool flag) const { return flag ? "true" : "false"; }

  std::string operator()(const Datetime& date) const { return "date " + date.text; }

  std::string operator()(const Reference& reference) const { return "$" + reference.name; }

  std::string operator()(Dropped /*dropped*/) const { return "dropped"; }

  std::string operator()(Missing /*missing*/) const { return "missing"; }
};

// What `text` begins with, or the error; and behind a bar what was left, unless that is nothing.
std::string scan(std::string_view text) {
  Cursor cursor(text, "test.conf");
  const auto scalar = scanScalar(cursor);
  if (!scalar) return scalar.error().text;
  const std::string_view rest = text.substr(cursor.offset());
  return std::visit(Show{}, *scalar) + (rest.empty() ? "" : "|" + std::string(rest));
}

struct Row {
  std::string_view text, shown;
};

template <std::size_t Size>
void expectAll(const Row (&rows)[Size]) {
  for (const Row& row : rows)
    EXPECT_EQ(scan(row.text), row.shown) << row.text;
}

TEST(Scalar, MultipliesIntegersByTheirSuffix) {  // config-and-cli §1.5
  constexpr Row kRows[] = {
      {"0", "0"},
      {"22", "22"},
      {"-5", "-5"},
      {"007", "7"},
      {"1k", "1000"},
      {"1K", "1000"},
      {"2m", "2000000"},
      {"3g", "3000000000"},
      {"4t", "4000000000000"},
      {"5p", "5000000000000000"},
      {"6e", "6000000000000000000"},
      {"1kb", "1024"},
      {"1KB", "1024"},
      {"1ki", "1024"},
      {"1KiB", "1024"},
      {"64MB", "67108864"},
      {"1gib", "1073741824"},
      {"1Ti", "1099511627776"},
      {"1pb", "1125899906842624"},
      {"1eib", "1152921504606846976"},
      {"-1k", "-1000"},
      {"9223372036854775807", "9223372036854775807"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"9223372036854775808", "integer '9223372036854775808' is out of the range"},
      {"10e", "-8446744073709551616"},  // wraps, as the reference's does
      {"16eb", "0"},
      {"1kbb", "dropped"},
      {"1kbi", "dropped"},
      {"-1kibi", "dropped"},
  };
  expectAll(kRows);
}

TEST(Scalar, EndsNumbersWhereTheReferenceDoes) {  // config-and-cli §1.5
  constexpr Row kRows[] = {
      {"1 2", "1| 2"},   {"1,2", "1|,2"},         {"1;2", "1|;2"},      {"1}", "1|}"},
      {"1\n", "1|\n"},   {"1k\r\n", "1000|\r\n"}, {"1kb,", "1024|,"},   {"1.5]", "float 1.5|]"},
      {"1] ", "'1]'| "},  // the sharp edge: a closing bracket belongs to the word
      {"20s", "'20s'"},  {"100ms", "'100ms'"},    {"2h30m", "'2h30m'"}, {"1m30s", "'1m30s'"},
      {"1e5", "'1e5'"},  {"1_000", "'1_000'"},    {"0x10", "'0x10'"},   {"3xyz", "'3xyz'"},
      {"+5", "'+5'"},    {":80", "':80'"},        {":-1", "':-1'"},     {"-1kx", "'-1kx'"},
  };
  expectAll(kRows);
}

TEST(Scalar, TellsFloatsFromAddresses) {  // config-and-cli §1.5
  constexpr Row kRows[] = {
      {"0.5", "float 0.5"},
      {"-2.25", "float -2.25"},
      {"127.0.0.1", "'127.0.0.1'"},
      {"127.0.0.1:4222", "'127.0.0.1:4222'"},
      {"1.2.3.4:-1", "'1.2.3.4:-1'"},
      {"1.5s", "float 1.5|s"},
      {".5", "Parse error on line 1: 'Floats must start with a digit'"},
      {"-.5", "Parse error on line 1: 'Floats must start with a digit, not '.'.'"},
      {"-x", "Parse error on line 1: 'Expected a digit but got 'x'.'"},
      {"5.x",
       "Parse error on line 1: 'Floats must have a digit after the '.', but got 'x' "
       "instead.'"},
  };
  expectAll(kRows);
}

TEST(Scalar, ReadsWholeDatesOnly) {  // config-and-cli §1.6
  constexpr Row kRows[] = {
      {"2026-01-31T10:00:00Z", "date 2026-01-31T10:00:00Z"},
      {"2024-02-29T23:59:59Z,", "date 2024-02-29T23:59:59Z|,"},
      {"2023-02-29T00:00:00Z", "expected Zulu formatted DateTime, but got '2023-02-29T00:00:00Z'"},
      {"2026-13-01T00:00:00Z", "expected Zulu formatted DateTime, but got '2026-13-01T00:00:00Z'"},
      {"2024-prod",
       "Parse error on line 1: 'Expected digit in ISO8601 datetime, but found 'p' instead.'"},
      {"2024-01-01 ",
       "Parse error on line 1: 'Expected 'T' in ISO8601 datetime, but found ' ' instead.'"},
      {"1-node", "Parse error on line 1: 'All ISO8601 dates must be in full Zulu form.'"},
  };
  expectAll(kRows);
}

TEST(Scalar, TakesBareWordsForBooleansReferencesOrText) {  // config-and-cli §1.4, §1.7
  constexpr Row kRows[] = {
      {"true", "true"},
      {"YES", "true"},
      {"oN", "true"},
      {"false", "false"},
      {"No", "false"},
      {"off", "false"},
      {"truest", "'truest'"},
      {"$name", "$name"},
      {"$a.b:1", "$a.b:1"},
      {"$2a$11$abc", "'$2a$11$abc'"},
      {"$2b$11$abc", "$2b$11$abc"},
      {"bar#x", "'bar#x'"},
      {"nats://h:1", "'nats://h:1'"},
      {"a;b", "'a'|;b"},
      {"a,b", "'a'|,b"},
      {"a}b", "'a'|}b"},
      {"a]b", "'a'|]b"},
      {"a b", "'a'| b"},
      {"it's", "'it'|s"},
      {R"(\\$var)", R"('\$var')"},
      {R"(\x74rue)", "'true'"},
      {"\n", "Parse error on line 2: 'Expected value but found new line'"},
  };
  expectAll(kRows);
}

TEST(Scalar, ReadsQuotedTextAndBlocks) {  // config-and-cli §1.4
  constexpr Row kRows[] = {
      {"'true'", "'true'"},
      {"'a\nb'c", "'a\nb'|c"},
      {R"('\n')", R"('\n')"},
      {"\"a\nb\" ", "'a\nb'| "},
      {R"("\t\n\r\"\\\x41")", "'\t\n\r\"\\A'"},
      {"\"\"", "''"},
      {"\"", "missing"},
      {"'", "missing"},
      {"\"a", "Parse error on line 1: 'Unexpected EOF.'"},
      {"'a", "Parse error on line 1: 'Unexpected EOF.'"},
      {"(\n  12(34)56\n)\n", "'\n  12(34)56\n'|\n"},
      {"(\na) \n) \n", "Parse error on line 4: 'Unexpected EOF processing block.'"},
      {R"("\/")", R"(Parse error on line 1: 'Invalid escape character '/'. Only the following )"
                  R"(escape characters are allowed: \xXX, \t, \n, \r, \", \\.')"},
      {R"("\x4g")",
       R"(Parse error on line 1: 'Expected two hexadecimal digits after '\x', but got '4g'')"},
      {"\"\\x4\n\"",
       "Parse error on line 2: 'Expected two hexadecimal digits after '\\x', but hit "
       "end of line'"},
  };
  expectAll(kRows);
}

}  // namespace
}  // namespace gannet::config
