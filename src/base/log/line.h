#pragma once

#include "base/clock.h"
#include "base/log.h"

#include <string>
#include <string_view>

namespace gannet::log {

struct Line {
  Level level = Level::info;
  WallTime time;
  std::string_view text;
};

enum class Zone : unsigned char { local, utc };

// How lines look on stderr and in files.
struct LineStyle {
  bool has_time = true;
  Zone zone = Zone::local;
  bool coloured = false;  // the level, by terminal escape codes
  int pid = 0;
};

// "2026/11/24 12:12:09.712759".
[[nodiscard]] std::string dateText(WallTime time, Zone zone);

// "[PID] DATE [LVL] TEXT", without the line's end. Spec: config-and-cli §7.1
[[nodiscard]] std::string lineText(const Line& line, const LineStyle& style);

// "FILE.2026.11.24.12.12.09.712807035" in local time: the name of a rotated log.
[[nodiscard]] std::string backupName(std::string_view file, WallTime time);

// True for what backupName(`file`, …) may have made: purging touches no other file.
[[nodiscard]] bool isBackupName(std::string_view file, std::string_view name);

// "Nov  4 12:12:15" in local time, as syslog's local sockets want it.
[[nodiscard]] std::string syslogLocalTime(WallTime time);

// "2026-11-24T12:12:12Z", or with the local zone's offset in place of the Z.
[[nodiscard]] std::string rfc3339Time(WallTime time);

}  // namespace gannet::log
