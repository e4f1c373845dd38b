#include "base/log/line.h"

#include <array>
#include <chrono>
#include <ctime>

namespace gannet::log {
namespace {

constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::string_view levelName(Level level) {
  switch (level) {
    case Level::info: return "INF";
    case Level::warning: return "WRN";
    case Level::error: return "ERR";
    case Level::fatal: return "FTL";
    case Level::debug: return "DBG";
    case Level::trace: return "TRC";
  }
  return "";
}

std::string_view levelColour(Level level) {
  switch (level) {
    case Level::info: return "32";
    case Level::warning: return "0;93";
    case Level::error:
    case Level::fatal: return "31";
    case Level::debug: return "36";
    case Level::trace: return "33";
  }
  return "";
}

struct Broken {
  std::tm date{};
  long nanoseconds = 0;
};

Broken breakDown(WallTime time, Zone zone) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const std::time_t clock = std::chrono::system_clock::to_time_t(seconds);
  Broken broken;
  if (zone == Zone::utc) {
    gmtime_r(&clock, &broken.date);
  } else {
    localtime_r(&clock, &broken.date);
  }
  broken.nanoseconds = static_cast<long>(std::chrono::nanoseconds(time - seconds).count());
  return broken;
}

bool areDigits(std::string_view text) {
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

int number(std::string_view digits) {
  int value = 0;
  for (const char c : digits)
    value = value * 10 + (c - '0');
  return value;
}

}  // namespace

std::string dateText(WallTime time, Zone zone) {
  const Broken at = breakDown(time, zone);
  return fmt::format("{:04}/{:02}/{:02} {:02}:{:02}:{:02}.{:06}", at.date.tm_year + 1900,
                     at.date.tm_mon + 1, at.date.tm_mday, at.date.tm_hour, at.date.tm_min,
                     at.date.tm_sec, at.nanoseconds / 1000);
}

std::string lineText(const Line& line, const LineStyle& style) {
  std::string text = fmt::format("[{}] ", style.pid);
  if (style.has_time) text.append(dateText(line.time, style.zone)).append(" ");
  if (style.coloured) {
    text.append(
        fmt::format("[\x1b[{}m{}\x1b[0m] ", levelColour(line.level), levelName(line.level)));
  } else {
    text.append(fmt::format("[{}] ", levelName(line.level)));
  }
  return text.append(line.text);
}

std::string backupName(std::string_view file, WallTime time) {
  const Broken at = breakDown(time, Zone::local);
  return fmt::format("{}.{:04}.{:02}.{:02}.{:02}.{:02}.{:02}.{:09}", file, at.date.tm_year + 1900,
                     at.date.tm_mon + 1, at.date.tm_mday, at.date.tm_hour, at.date.tm_min,
                     at.date.tm_sec, at.nanoseconds);
}

bool isBackupName(std::string_view file, std::string_view name) {
  struct Part {
    std::size_t digits;
    int min, max;
  };

  static constexpr Part kParts[] = {{4, 0, 9999}, {2, 1, 12}, {2, 1, 31},       {2, 0, 23},
                                    {2, 0, 59},   {2, 0, 59}, {9, 0, 999999999}};
  if (!name.starts_with(file)) return false;
  name.remove_prefix(file.size());
  for (const Part& part : kParts) {
    if (name.size() < part.digits + 1 || name[0] != '.') return false;
    const std::string_view digits = name.substr(1, part.digits);
    if (!areDigits(digits) || number(digits) < part.min || number(digits) > part.max) return false;
    name.remove_prefix(part.digits + 1);
  }
  return name.empty();
}

std::string syslogLocalTime(WallTime time) {
  const std::tm date = breakDown(time, Zone::local).date;
  return fmt::format("{} {:2} {:02}:{:02}:{:02}", kMonths[date.tm_mon], date.tm_mday, date.tm_hour,
                     date.tm_min, date.tm_sec);
}

std::string rfc3339Time(WallTime time) {
  const std::tm date = breakDown(time, Zone::local).date;
  const long offset_minutes = date.tm_gmtoff / 60;
  std::string text =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", date.tm_year + 1900, date.tm_mon + 1,
                  date.tm_mday, date.tm_hour, date.tm_min, date.tm_sec);
  if (offset_minutes == 0) return text + "Z";
  const long size = offset_minutes < 0 ? -offset_minutes : offset_minutes;
  return text + fmt::format("{}{:02}:{:02}", offset_minutes < 0 ? '-' : '+', size / 60, size % 60);
}

}  // namespace gannet::log
