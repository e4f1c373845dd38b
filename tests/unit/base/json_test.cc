#include "base/json.h"

#include "base/rng.h"

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace gannet::json {
namespace {

using std::chrono::nanoseconds;

enum class Retention : std::uint8_t { limits, interest, new_ };
BOOST_DESCRIBE_ENUM(Retention, limits, interest, new_)

struct Inner {
  int depth = 0;
  Omit<std::string> note;
  friend bool operator==(const Inner&, const Inner&) = default;
};
BOOST_DESCRIBE_STRUCT(Inner, (), (depth, note))

struct First {
  int one = 1;
};
BOOST_DESCRIBE_STRUCT(First, (), (one))

struct Second : First {
  int two = 2;
};
BOOST_DESCRIBE_STRUCT(Second, (First), (two))

struct Other {
  int other = 3;
};
BOOST_DESCRIBE_STRUCT(Other, (), (other))

struct Whole : Second, Other {
  int last = 4;
};
BOOST_DESCRIBE_STRUCT(Whole, (Second, Other), (last))

struct Sample {
  bool flag = true;
  std::int8_t small = 0;
  std::uint64_t big = 0;
  double ratio = 0;
  std::string text;
  Retention retention = Retention::limits;
  nanoseconds wait{0};
  std::optional<int> maybe;
  std::vector<std::string> list;
  std::map<std::string, int> table;
  Inner inner;
  std::vector<Inner> inners;
  int export_ = 0;
};
BOOST_DESCRIBE_STRUCT(Sample, (),
                      (flag, small, big, ratio, text, retention, wait, maybe, list, table, inner,
                       inners, export_))

struct Omits {
  Omit<bool> flag;
  Omit<int> number;
  Omit<double> ratio;
  Omit<std::string> text;
  Omit<std::vector<int>> list;
  Omit<std::map<std::string, int>> table;
  Omit<std::optional<Inner>> inner;
  Omit<nanoseconds> wait;
  Omit<WallTime> when;
  Omit<Retention> retention;
};
BOOST_DESCRIBE_STRUCT(Omits, (),
                      (flag, number, ratio, text, list, table, inner, wait, when, retention))

TEST(JsonWrite, KeepsTheOrderOfTheMembers) {
  Sample sample;
  sample.table = {{"b", 2}, {"a", 1}};
  sample.list = {"x", ""};
  sample.inners = {{.depth = 1, .note = {"n"}}, {}};
  sample.retention = Retention::new_;
  sample.wait = std::chrono::seconds{2};

  EXPECT_EQ(write(sample),
            R"({"flag":true,"small":0,"big":0,"ratio":0,"text":"","retention":"new",)"
            R"("wait":2000000000,"maybe":null,"list":["x",""],"table":{"a":1,"b":2},)"
            R"("inner":{"depth":0},"inners":[{"depth":1,"note":"n"},{"depth":0}],"export":0})");
}

TEST(JsonWrite, PutsTheMembersOfBasesFirst) {
  EXPECT_EQ(write(Whole{}), R"({"one":1,"two":2,"other":3,"last":4})");
}

TEST(JsonWrite, LeavesOutWhatIsEmpty) {
  EXPECT_EQ(write(Omits{}), "{}");

  Omits full;
  full.flag = true;
  full.number = -1;
  full.ratio = 0.5;
  full.text = "t";
  full.list = std::vector{0};
  full.table = std::map<std::string, int>{{"", 0}};
  full.inner = Inner{};
  full.wait = nanoseconds{1};
  full.when = WallTime{nanoseconds{1}};
  full.retention = Retention::interest;
  EXPECT_EQ(write(full),
            R"({"flag":true,"number":-1,"ratio":0.5,"text":"t","list":[0],"table":{"":0},)"
            R"("inner":{"depth":0},"wait":1,"when":"1970-01-01T00:00:00.000000001Z",)"
            R"("retention":"interest"})");
}

TEST(JsonWrite, IndentsAsGoDoes) {
  Sample sample;
  sample.list = {"x", "y"};
  sample.table = {{"a", 1}};

  EXPECT_EQ(write(sample, Style::pretty), R"({
  "flag": true,
  "small": 0,
  "big": 0,
  "ratio": 0,
  "text": "",
  "retention": "limits",
  "wait": 0,
  "maybe": null,
  "list": [
    "x",
    "y"
  ],
  "table": {
    "a": 1
  },
  "inner": {
    "depth": 0
  },
  "inners": [],
  "export": 0
})");
  EXPECT_EQ(write(Omits{}, Style::pretty), "{}");
  EXPECT_EQ(write(std::vector<int>{}, Style::pretty), "[]");
}

TEST(JsonWrite, EscapesStringsAsGoDoes) {
  struct Row {
    std::string_view text, json;
  };

  constexpr Row kRows[] = {
      {"plain", "plain"},
      {"\"\\/", "\\\"\\\\/"},
      {"\b\f\n\r\t\x01\x1f\x7f", "\\b\\f\\n\\r\\t\\u0001\\u001f\x7f"},
      {"<a>&", "\\u003ca\\u003e\\u0026"},
      {"\u00e9\u20ac\U0001F600", "\u00e9\u20ac\U0001F600"},
      {"\u2028\u2029\u202a", "\\u2028\\u2029\u202a"},
      {"a\xff\xc3", "a\\ufffd\\ufffd"},
      {"\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd"},  // a surrogate
      {"\xc0\x80", "\\ufffd\\ufffd"},             // overlong
      {"\ufffd", "\ufffd"},
  };
  for (const Row& row : kRows) {
    EXPECT_EQ(write(std::string{row.text}), '"' + std::string{row.json} + '"');
  }
  EXPECT_EQ(write(std::string{"a\0b", 3}), "\"a\\u0000b\"");
}

TEST(JsonWrite, PrintsFloatsAsGoDoes) {
  struct Row {
    double value;
    std::string_view json;
  };

  constexpr Row kRows[] = {
      {0, "0"},
      {2.0, "2"},
      {-0.5, "-0.5"},
      {0.1, "0.1"},
      {1e20, "100000000000000000000"},
      {1e21, "1e+21"},
      {1e-6, "0.000001"},
      {1e-7, "1e-7"},
      {1.5e-10, "1.5e-10"},
      {1e300, "1e+300"},
      {123456.789, "123456.789"},
      {std::numeric_limits<double>::infinity(), "null"},
  };
  for (const Row& row : kRows)
    EXPECT_EQ(write(row.value), row.json);
}

TEST(JsonWrite, PrintsTheExtremesOfIntegers) {
  EXPECT_EQ(write(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(write(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
}

TEST(JsonTime, IsRfc3339WithoutTrailingZeros) {
  struct Row {
    std::int64_t ns;
    std::string_view json;
  };

  constexpr Row kRows[] = {
      {0, "0001-01-01T00:00:00Z"},
      {1, "1970-01-01T00:00:00.000000001Z"},
      {-1, "1969-12-31T23:59:59.999999999Z"},
      {1'767'323'045'000'000'006, "2026-01-02T03:04:05.000000006Z"},
      {1'767'323'045'500'000'000, "2026-01-02T03:04:05.5Z"},
      {1'709'164'800'000'000'000, "2024-02-29T00:00:00Z"},
  };
  for (const Row& row : kRows) {
    const WallTime time{nanoseconds{row.ns}};
    const std::string json = '"' + std::string{row.json} + '"';
    EXPECT_EQ(write(time), json);

    WallTime back{nanoseconds{7}};
    ASSERT_TRUE(read(json, back)) << json;
    EXPECT_EQ(back, time) << json;
  }
}

TEST(JsonTime, HasAZone) {
  WallTime time;
  ASSERT_TRUE(read(R"("1970-01-01T01:30:00.1234567899+01:30")", time));
  EXPECT_EQ(time.time_since_epoch(), nanoseconds{123'456'789});
  ASSERT_TRUE(read(R"("1969-12-31T23:00:00-01:00")", time));
  EXPECT_EQ(time.time_since_epoch(), nanoseconds{0});
}

TEST(JsonTime, IsRefusedWhenMalformed) {
  constexpr std::string_view kBad[] = {
      "",
      "2026-01-02",
      "2026-01-02T03:04:05",
      "2026-01-02T03:04:05.Z",
      "2026-02-30T03:04:05Z",
      "2026-13-01T03:04:05Z",
      "2026-01-02T24:04:05Z",
      "2026-01-02T03:04:05+1:00",
      "2026-01-02T03:04:05+01:60",
      "2026-01-02T03:04:05ZZ",
      "3000-01-02T03:04:05Z",
      "20x6-01-02T03:04:05Z",
  };
  for (const std::string_view text : kBad) {
    WallTime time;
    EXPECT_FALSE(read('"' + std::string{text} + '"', time)) << text;
  }
}

TEST(JsonRead, DecodesOnTopOfWhatIsThere) {
  Sample sample;
  sample.big = 7;
  sample.table = {{"old", 1}};
  sample.list = {"old"};
  sample.inner = {.depth = 3, .note = {"kept"}};

  ASSERT_TRUE(read(R"( {"flag":false, "small":-128, "ratio":2.5e1, "text":"\u00e9\n",
      "retention":"new", "wait":5, "maybe":0, "list":["a","b"], "table":{"new":2},
      "inner":{"depth":4}, "inners":[{"depth":1},{}], "export":9} )",
                   sample));

  EXPECT_EQ(write(sample),
            R"({"flag":false,"small":-128,"big":7,"ratio":25,"text":"é\n","retention":"new",)"
            R"("wait":5,"maybe":0,"list":["a","b"],"table":{"new":2,"old":1},)"
            R"("inner":{"depth":4,"note":"kept"},"inners":[{"depth":1},{"depth":0}],"export":9})");
}

TEST(JsonRead, LeavesAFieldUnchangedOnNull) {
  Sample sample;
  sample.small = 5;
  sample.text = "kept";
  sample.maybe = 1;
  sample.list = {"gone"};
  sample.inner.depth = 2;

  ASSERT_TRUE(read(R"({"flag":null,"small":null,"text":null,"retention":null,"wait":null,
      "maybe":null,"list":null,"table":null,"inner":null})",
                   sample));

  EXPECT_TRUE(sample.flag);
  EXPECT_EQ(sample.small, 5);
  EXPECT_EQ(sample.text, "kept");
  EXPECT_EQ(sample.maybe, std::nullopt);
  EXPECT_TRUE(sample.list.empty());
  EXPECT_EQ(sample.inner.depth, 2);
  ASSERT_TRUE(read("null", sample));
}

TEST(JsonRead, TakesTheLastOfRepeatedKeys) {
  Sample sample;
  ASSERT_TRUE(read(R"({"small":1,"SMALL":2,"text":"a","small":3,"text":null,"Small":4})", sample));
  EXPECT_EQ(sample.small, 4);
  EXPECT_EQ(sample.text, "a");
}

TEST(JsonRead, FindsKeysInAnyCase) {
  Sample sample;
  ASSERT_TRUE(read(R"({"SmAlL":1,"TEXT":"x"})", sample));
  EXPECT_EQ(sample.small, 1);
  EXPECT_EQ(sample.text, "x");
}

TEST(JsonRead, IgnoresOrRefusesUnknownKeys) {
  constexpr std::string_view kText = R"({"x":{"y":[1,{"z":"\"]}"}],"small":7},"small":2})";
  Sample sample;
  ASSERT_TRUE(read(kText, sample));
  EXPECT_EQ(sample.small, 2);

  const ReadOptions strict{.unknown_keys = UnknownKeys::refused};
  EXPECT_EQ(read(kText, sample, strict).error().text, R"(json: unknown field "x")");
  EXPECT_EQ(read(R"({"inner":{"\u0079":0}})", sample, strict).error().text,
            R"(json: unknown field "y")");
  EXPECT_TRUE(read(R"({"table":{"x":1}})", sample, strict));  // a key of a map is no field
}

TEST(JsonRead, GivesAValueOrAnError) {
  const auto inner = read<Inner>(R"({"depth":3})");
  ASSERT_TRUE(inner);
  EXPECT_EQ(*inner, (Inner{.depth = 3, .note = {}}));
  EXPECT_EQ(read<std::vector<int>>("[1,2]").value(), (std::vector{1, 2}));
  EXPECT_FALSE(read<Inner>("{"));
  EXPECT_FALSE(read<Inner>(R"({"x":1})", {.unknown_keys = UnknownKeys::refused}));
}

TEST(JsonRead, TakesEveryIntegerExactly) {
  const auto list = read<std::vector<std::int64_t>>("[-9223372036854775808,9223372036854775807]");
  EXPECT_EQ(list.value(), (std::vector{std::numeric_limits<std::int64_t>::min(),
                                       std::numeric_limits<std::int64_t>::max()}));
  EXPECT_EQ(read<std::uint64_t>("18446744073709551615").value(),
            std::numeric_limits<std::uint64_t>::max());
  EXPECT_FALSE(read<std::int64_t>("9223372036854775808"));
  EXPECT_FALSE(read<std::int64_t>("-9223372036854775809"));
}

TEST(JsonRead, TakesTheNearestDouble) {
  for (const double value : {0.1, 1e23, 4.35, 123456789.123456789, 2.2250738585072014e-308}) {
    EXPECT_EQ(read<double>(write(value)).value(), value);
  }
  EXPECT_EQ(read<double>("7").value(), 7);
  EXPECT_EQ(read<double>("18446744073709551616").value(), 18446744073709551616.0);
}

TEST(JsonRead, NestsContainers) {
  using Deep = std::map<std::string, std::vector<std::optional<Inner>>>;
  const auto deep = read<Deep>(R"({"a":[null,{"depth":1}],"b":[],"c":null,"a":[{"depth":2}]})");
  ASSERT_TRUE(deep);
  EXPECT_EQ(write(*deep), R"({"a":[{"depth":2}],"b":[],"c":[]})");
}

struct Tree {
  int value = 0;
  std::vector<Tree> below;
};
BOOST_DESCRIBE_STRUCT(Tree, (), (value, below))

TEST(JsonRead, TakesTypesThatHoldThemselves) {
  std::string text = R"({"value":1,"below":[]})";
  for (int i = 0; i < 30; ++i)
    text = R"({"value":0,"below":[{"value":2,"below":[]},)" + text + "]}";
  const auto tree = read<Tree>(text);
  ASSERT_TRUE(tree);
  EXPECT_EQ(write(*tree), text);
}

TEST(JsonBytes, AreBase64) {
  EXPECT_EQ(write(Bytes{}), R"("")");
  EXPECT_EQ(write(Bytes{0, 0xff, 'a', 'b'}), R"("AP9hYg==")");
  EXPECT_EQ(read<Bytes>(R"("AP9hYg==")").value(), (Bytes{0, 0xff, 'a', 'b'}));
  EXPECT_EQ(read<Bytes>(R"("AP9h\r\nYg==")").value(), (Bytes{0, 0xff, 'a', 'b'}));
  EXPECT_EQ(read<Bytes>(R"("")").value(), Bytes{});
  for (const char* text :
       {R"("AP9hYg")", R"("AP9hYg=")", R"("AP_h")", R"("A")", R"("AA==AA==")", "[1]", "1"}) {
    EXPECT_FALSE(read<Bytes>(text)) << text;
  }
  Bytes bytes{1};
  ASSERT_TRUE(read("null", bytes));
  EXPECT_TRUE(bytes.empty());
}

TEST(JsonRead, NamesTheFieldOfAWrongType) {
  struct Row {
    std::string_view json, error;
  };

  constexpr Row kRows[] = {
      {R"({"flag":"true"})", "string into field flag of type bool"},
      {R"({"flag":1})", "number into field flag of type bool"},
      {R"({"small":1.0})", "number into field small of type int8"},
      {R"({"small":1e0})", "number into field small of type int8"},
      {R"({"small":"1"})", "string into field small of type int8"},
      {R"({"small":128})", "number into field small of type int8"},
      {R"({"big":-1})", "number into field big of type uint64"},
      {R"({"big":18446744073709551616})", "number into field big of type uint64"},
      {R"({"ratio":true})", "bool into field ratio of type float64"},
      {R"({"ratio":1e999})", "number into field ratio of type float64"},
      {R"({"text":{}})", "object into field text of type string"},
      {R"({"wait":"1s"})", "string into field wait of type time.Duration"},
      {R"({"retention":"forever"})", "string into field retention of type enum"},
      {R"({"retention":"new_"})", "string into field retention of type enum"},
      {R"({"list":"a"})", "string into field list of type array"},
      {R"({"list":[1]})", "number into field list of type string"},
      {R"({"table":[]})", "array into field table of type map"},
      {R"({"inner":{"depth":""}})", "string into field inner.depth of type int32"},
      {R"({"inners":[{},{"note":0}]})", "number into field inners.note of type string"},
      {R"([])", "array into value of type object"},
      {R"("x")", "string into value of type object"},
  };
  for (const Row& row : kRows) {
    Sample sample;
    const auto result = read(row.json, sample);
    ASSERT_FALSE(result) << row.json;
    EXPECT_EQ(result.error().text, "json: cannot unmarshal " + std::string(row.error));
  }
}

TEST(JsonRead, RefusesWhatIsNotJson) {
  constexpr std::string_view kBad[] = {
      "",
      " ",
      "{",
      "}",
      "{}}",
      "{} x",
      "{\"x\"}",
      "{\"x\":}",
      "{\"x\":1,}",
      "{,}",
      "{x:1}",
      "{'x':1}",
      "{\"x\":01}",
      "{\"x\":1.}",
      "{\"x\":.5}",
      "{\"x\":+1}",
      "{\"x\":-}",
      "{\"x\":1e}",
      "{\"x\":tru}",
      "{\"x\":nul}",
      "{\"x\":[1,]}",
      "{\"x\":[1 2]}",
      "{\"x\":\"",
      "{\"x\":\"\\",
      "{\"x\":\"\\x\"}",
      "{\"x\":\"\\u12\"}",
      "{\"x\":\"\\u12g4\"}",
      "{\"x\":\"a\nb\"}",
      "{\"x\":1 \"y\":2}",
      "{\"x\":[}",
      "{\"x\":{]}",
      "{\"text\":\"\\ud800\\u12\"}",
      "nul",
      "{\"x\":1}\f",
      "\xEF\xBB\xBF{}",
  };
  for (const std::string_view text : kBad) {
    Sample sample;
    EXPECT_FALSE(read(text, sample)) << text;
  }
}

TEST(JsonRead, DecodesStringsAsGoDoes) {
  struct Row {
    std::string_view json, text;
  };

  constexpr Row kRows[] = {
      {R"("\"\\\/\b\f\n\r\t")", "\"\\/\b\f\n\r\t"},
      {R"("\u0041\u00e9\u20AC")", "A\u00e9\u20ac"},
      {R"("\ud83d\ude00")", "\U0001F600"},
      {"\"a\xff\xc3\"", "a\ufffd\ufffd"},
      {"\"\\n\xff\\n\"", "\n\ufffd\n"},
      {"\"\x7f\"", "\x7f"},
  };
  for (const Row& row : kRows) {
    std::string text;
    ASSERT_TRUE(read(row.json, text)) << row.json;
    EXPECT_EQ(text, row.text) << row.json;
  }
}

TEST(JsonRead, TakesLongStringsWithEscapes) {  // which the parser gives in parts
  std::string text;
  for (int i = 0; i < 5000; ++i)
    text += R"(x\n\u00e9)";
  const std::string json = '"' + text + '"';
  const auto decoded = read<std::string>(json);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->size(), 5000U * 4);
  const auto table = read<std::map<std::string, int>>('{' + json + R"(:1,"x":{}})");
  EXPECT_FALSE(table);
  EXPECT_EQ((read<std::map<std::string, int>>('{' + json + ":1}")->count(*decoded)), 1U);
  EXPECT_TRUE(read<Inner>('{' + json + ':' + json + R"(,"depth":1})"));
}

TEST(JsonRead, StopsAtItsLimits) {
  Sample sample;
  const std::string deep = R"({"x":)" + std::string(99, '[') + std::string(99, ']') + "}";
  EXPECT_TRUE(read(deep, sample, {.max_depth = 100}));
  EXPECT_FALSE(read(deep, sample, {.max_depth = 99}));
  EXPECT_FALSE(read(R"({"x":)" + std::string(1'000'000, '['), sample));
  EXPECT_FALSE(read<Tree>(deep.substr(0, 50), {.max_depth = 10}));

  EXPECT_TRUE(read(deep, sample, {.max_bytes = deep.size()}));
  EXPECT_FALSE(read(deep, sample, {.max_bytes = deep.size() - 1}));
}

TEST(JsonRead, ReadsBackWhatWasWritten) {
  Rng rng{42};
  for (int round = 0; round < 500; ++round) {
    Sample sample;
    sample.flag = rng.below(2) == 0;
    sample.small = static_cast<std::int8_t>(rng.below(256));
    sample.big = rng.next();
    sample.ratio = static_cast<double>(rng.next()) / (1.0 + rng.below(1'000'000));
    for (std::uint32_t i = rng.below(20); i > 0; --i) {
      sample.text.push_back(static_cast<char>(rng.below(128)));
    }
    sample.maybe = static_cast<int>(rng.below(100));
    sample.table[sample.text] = 1;
    sample.inners.resize(rng.below(3));
    for (const Style style : {Style::compact, Style::pretty}) {
      const std::string json = write(sample, style);
      Sample back;
      ASSERT_TRUE(read(json, back)) << json;
      EXPECT_EQ(write(back, style), json);
    }
  }
}

}  // namespace
}  // namespace gannet::json
