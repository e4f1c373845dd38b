#include "config/language/go_duration.h"

#include "tests/unit/seeds.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <limits>

namespace gannet::config {
namespace {

using std::chrono::nanoseconds;

constexpr std::int64_t kMicrosecond = 1000;
constexpr std::int64_t kMillisecond = 1000 * kMicrosecond;
constexpr std::int64_t kSecond = 1000 * kMillisecond;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();

TEST(GoDuration, ReadsWhatGoReads) {
  struct Row {
    std::string_view text;
    std::int64_t count;
  };

  constexpr Row kRows[] = {
      {"0", 0},
      {"-0", 0},
      {"+0", 0},
      {"0s", 0},
      {"5s", 5 * kSecond},
      {"+5s", 5 * kSecond},
      {"-5s", -5 * kSecond},
      {"1478s", 1478 * kSecond},
      {"5.0s", 5 * kSecond},
      {"5.6s", 5 * kSecond + 600 * kMillisecond},
      {"5.s", 5 * kSecond},
      {".5s", 500 * kMillisecond},
      {"-.5s", -500 * kMillisecond},
      {"1.004s", kSecond + 4 * kMillisecond},
      {"100.00100s", 100 * kSecond + kMillisecond},
      {"10ns", 10},
      {"11us", 11 * kMicrosecond},
      {"12\u00b5s", 12 * kMicrosecond},  // the micro sign
      {"12\u03bcs", 12 * kMicrosecond},  // the Greek letter
      {"13ms", 13 * kMillisecond},
      {"15m", 15 * kMinute},
      {"16h", 16 * kHour},
      {"3h30m", 3 * kHour + 30 * kMinute},
      {"4m10.5s", 4 * kMinute + 10 * kSecond + 500 * kMillisecond},
      {"1s1h", kHour + kSecond},  // in any order,
      {"1s1s", 2 * kSecond},      // and as often as one likes
      {"1h2m3s4ms5us6ns",
       kHour + 2 * kMinute + 3 * kSecond + 4 * kMillisecond + 5 * kMicrosecond + 6},
      {"39h9m14.425s", 39 * kHour + 9 * kMinute + 14 * kSecond + 425 * kMillisecond},
      {"0.5ns", 0},  // below a nanosecond nothing is left
      {"0.3333333333333333333h", 20 * kMinute},
      {"0.100000000000000000000h", 6 * kMinute},
      {"9223372036854775807ns", kMax},
      {"9223372036854775.807us", kMax},
      {"-9223372036854775807ns", -kMax},
      {"-9223372036854775808ns", kMin},
      {"-2562047h47m16.854775808s", kMin},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.text);
    const auto duration = parseDuration(row.text);
    ASSERT_TRUE(duration.has_value()) << duration.error().text;
    EXPECT_EQ(duration->count(), row.count);
  }
}

TEST(GoDuration, RefusesInGosWords) {
  struct Row {
    std::string_view text, error;
  };

  constexpr Row kRows[] = {
      {"", R"(time: invalid duration "")"},
      {"-", R"(time: invalid duration "-")"},
      {"s", R"(time: invalid duration "s")"},
      {".", R"(time: invalid duration ".")"},
      {"-.", R"(time: invalid duration "-.")"},
      {".s", R"(time: invalid duration ".s")"},
      {"+.s", R"(time: invalid duration "+.s")"},
      {" 1s", R"(time: invalid duration " 1s")"},
      {"--1s", R"(time: invalid duration "--1s")"},
      {"1s-1s", R"(time: unknown unit "s-" in duration "1s-1s")"},
      {"3", R"(time: missing unit in duration "3")"},
      {"1h3", R"(time: missing unit in duration "1h3")"},
      {"1.2.3s", R"(time: missing unit in duration "1.2.3s")"},
      {"1d", R"(time: unknown unit "d" in duration "1d")"},
      {"1S", R"(time: unknown unit "S" in duration "1S")"},
      {"1s ", R"(time: unknown unit "s " in duration "1s ")"},
      {"1e3s", R"(time: unknown unit "e" in duration "1e3s")"},
      {"1\xffs", R"(time: unknown unit "\xffs" in duration "1\xffs")"},
      {"9223372036854775808ns", R"(time: invalid duration "9223372036854775808ns")"},
      {"9223372036854775.808us", R"(time: invalid duration "9223372036854775.808us")"},
      {"-9223372036854775809ns", R"(time: invalid duration "-9223372036854775809ns")"},
      {"99999999999999999999s", R"(time: invalid duration "99999999999999999999s")"},
      {"3000000h", R"(time: invalid duration "3000000h")"},
      {"2562047h48m", R"(time: invalid duration "2562047h48m")"},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.text);
    const auto duration = parseDuration(row.text);
    ASSERT_FALSE(duration.has_value()) << duration->count();
    EXPECT_EQ(duration.error().text, row.error);
  }
}

TEST(GoDuration, PrintsAsGoPrints) {
  struct Row {
    std::int64_t count;
    std::string_view text;
  };

  constexpr Row kRows[] = {
      {0, "0s"},
      {1, "1ns"},
      {-1, "-1ns"},
      {999, "999ns"},
      {1100, "1.1\u00b5s"},
      {2200 * kMicrosecond, "2.2ms"},
      {300 * kMillisecond, "300ms"},
      {3300 * kMillisecond, "3.3s"},
      {kSecond + 1, "1.000000001s"},
      {59 * kSecond, "59s"},
      {kMinute, "1m0s"},
      {2 * kMinute, "2m0s"},
      {4 * kMinute + 5 * kSecond, "4m5s"},
      {4 * kMinute + 5001 * kMillisecond, "4m5.001s"},
      {8 * kMinute + 1, "8m0.000000001s"},
      {kHour, "1h0m0s"},
      {5 * kHour + 6 * kMinute + 7001 * kMillisecond, "5h6m7.001s"},
      {100 * kHour, "100h0m0s"},
      {kMax, "2562047h47m16.854775807s"},
      {kMin, "-2562047h47m16.854775808s"},
  };
  for (const Row& row : kRows)
    EXPECT_EQ(formatDuration(nanoseconds(row.count)), row.text);
}

// To within the rounding of fractions of large units, which Go has too.
TEST(GoDuration, ReadsBackWhatItPrints) {
  forEachSeed(2000, [](Rng& rng) {
    const auto bits = rng.next() >> rng.below(64);  // of all magnitudes
    const nanoseconds duration(static_cast<std::int64_t>(bits));

    const std::string text = formatDuration(duration);

    const auto back = parseDuration(text);
    ASSERT_TRUE(back.has_value()) << text;
    EXPECT_LE(std::abs((*back - duration).count()), 1) << text;
  });
}

}  // namespace
}  // namespace gannet::config
