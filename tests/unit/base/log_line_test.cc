#include "base/log/line.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include <time.h>

namespace gannet::log {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

// 2026-11-04 12:02:09.001002003 UTC
constexpr WallTime kTime{seconds(1793793729) + nanoseconds(1002003)};

// The local zone, while this lives.
class LocalZone {
 public:
  explicit LocalZone(const char* zone) {
    ::setenv("TZ", zone, 1);
    ::tzset();
  }

  ~LocalZone() {
    ::unsetenv("TZ");
    ::tzset();
  }

  LocalZone(const LocalZone&) = delete;
  LocalZone& operator=(const LocalZone&) = delete;
};

TEST(LogLine, LooksAsTheReferencesDoes) {  // config-and-cli §7.1
  const LineStyle utc{.zone = Zone::utc, .pid = 7};
  const LineStyle bare{.has_time = false, .zone = Zone::utc, .pid = 7};
  const LineStyle coloured{.has_time = false, .zone = Zone::utc, .coloured = true, .pid = 7};

  struct Row {
    Level level;
    std::string_view name, colour;
  };

  constexpr Row kRows[] = {
      {Level::info, "INF", "32"},  {Level::warning, "WRN", "0;93"}, {Level::error, "ERR", "31"},
      {Level::fatal, "FTL", "31"}, {Level::debug, "DBG", "36"},     {Level::trace, "TRC", "33"},
  };
  for (const Row& row : kRows) {
    const Line line{row.level, kTime, "a text"};
    EXPECT_EQ(lineText(line, utc),
              fmt::format("[7] 2026/11/04 12:02:09.001002 [{}] a text", row.name));
    EXPECT_EQ(lineText(line, bare), fmt::format("[7] [{}] a text", row.name));
    EXPECT_EQ(lineText(line, coloured),
              fmt::format("[7] [\x1b[{}m{}\x1b[0m] a text", row.colour, row.name));
  }
}

TEST(LogLine, ShowsLocalTimeUnlessUtcIsAsked) {
  const LocalZone zone("XYZ-5:30");

  EXPECT_EQ(dateText(kTime, Zone::local), "2026/11/04 17:32:09.001002");
  EXPECT_EQ(dateText(kTime, Zone::utc), "2026/11/04 12:02:09.001002");
  EXPECT_EQ(rfc3339Time(kTime), "2026-11-04T17:32:09+05:30");
  EXPECT_EQ(syslogLocalTime(kTime), "Nov  4 17:32:09");
}

TEST(LogLine, WritesTheOffsetOfZonesWestOfGreenwichAndNoneOfUtc) {
  {
    const LocalZone zone("XYZ3");
    EXPECT_EQ(rfc3339Time(kTime), "2026-11-04T09:02:09-03:00");
  }
  const LocalZone zone("UTC");
  EXPECT_EQ(rfc3339Time(kTime), "2026-11-04T12:02:09Z");
}

TEST(LogLine, NamesBackupsByTheirTime) {
  const LocalZone zone("UTC");

  EXPECT_EQ(backupName("/var/log/n.log", kTime), "/var/log/n.log.2026.11.04.12.02.09.001002003");
}

TEST(LogLine, KnowsItsBackupsFromOtherFiles) {
  struct Row {
    std::string_view name;
    bool is_backup;
  };

  constexpr Row kRows[] = {
      {"n.log.2026.11.04.12.02.09.001002003", true},
      {"n.log.2026.12.31.23.59.59.999999999", true},
      {"n.log", false},
      {"n.log.", false},
      {"n.log.gz", false},
      {"m.log.2026.11.04.12.02.09.001002003", false},
      {"n.log.2026.11.04.12.02.09", false},
      {"n.log.2026.11.04.12.02.09.0010020031", false},
      {"n.log.2026.11.04.12.02.09.001002003.gz", false},
      {"n.log.2026.13.04.12.02.09.001002003", false},
      {"n.log.2026.00.04.12.02.09.001002003", false},
      {"n.log.2026.11.32.12.02.09.001002003", false},
      {"n.log.2026.11.04.24.02.09.001002003", false},
      {"n.log.2026.11.04.12.60.09.001002003", false},
      {"n.log.2026-11.04.12.02.09.001002003", false},
      {"n.log.2026.1x.04.12.02.09.001002003", false},
  };
  for (const Row& row : kRows) {
    EXPECT_EQ(isBackupName("n.log", row.name), row.is_backup) << row.name;
  }
}

}  // namespace
}  // namespace gannet::log
