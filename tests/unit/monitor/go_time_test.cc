#include "monitor/go_time.h"

#include <gtest/gtest.h>

namespace gannet::monitor {
namespace {

using namespace std::chrono_literals;

TEST(Uptime, PrintsAllUnitsBelowTheLargest) {  // monitoring §1.4

  struct Row {
    std::chrono::nanoseconds age;
    std::string_view text;
  };

  constexpr Row kRows[] = {
      {0s, "0s"},
      {22s + 999ms, "22s"},
      {4min + 22s, "4m22s"},
      {4h + 4min + 22s, "4h4m22s"},
      {24h, "1d0h0m0s"},
      {32 * 24h + 4h + 4min + 22s, "32d4h4m22s"},
      {(22 * 365 + 32) * 24h + 4h + 4min + 22s, "22y32d4h4m22s"},
  };
  for (const Row& row : kRows)
    EXPECT_EQ(formatUptime(row.age), row.text);
}

TEST(Duration, IsGoText) {
  struct Row {
    std::chrono::nanoseconds duration;
    std::string_view text;
  };

  constexpr Row kRows[] = {
      {0s, "0s"},
      {1ns, "1ns"},
      {253us, "253µs"},
      {1500ns, "1.5µs"},
      {5166868ns, "5.166868ms"},
      {1s, "1s"},
      {1500ms, "1.5s"},
      {90s, "1m30s"},
      {1h, "1h0m0s"},
      {25h + 1min + 1500ms, "25h1m1.5s"},
      {-1500ms, "-1.5s"},
      {std::chrono::nanoseconds::min(), "-2562047h47m16.854775808s"},
  };
  for (const Row& row : kRows)
    EXPECT_EQ(formatDuration(row.duration), row.text);
}

}  // namespace
}  // namespace gannet::monitor
