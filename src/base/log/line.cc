#include "base/log/line.h"

#include <array>
#include <chrono>
#include <ctime>

namespace gannet::log {
namespace {

constexpr const char* kBackupDate = ".%Y.%m.%d.%H.%M.%S";

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

std::tm breakDown(WallTime time, Zone zone) {
  const std::time_t clock =
      std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time));
  std::tm date{};
  zone == Zone::utc ? gmtime_r(&clock, &date) : localtime_r(&clock, &date);
  return date;
}

// As strftime() has it. The server stays in the C locale, where months have English names.
std::string text(const char* format, const std::tm& date) {
  std::array<char, 64> bytes{};
  return {bytes.data(), std::strftime(bytes.data(), bytes.size(), format, &date)};
}

long nanosecondsOf(WallTime time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  return static_cast<long>(std::chrono::nanoseconds(time - second).count());
}

}  // namespace

std::string dateText(WallTime time, Zone zone) {
  return fmt::format("{}.{:06}", text("%Y/%m/%d %H:%M:%S", breakDown(time, zone)),
                     nanosecondsOf(time) / 1000);
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
  return fmt::format("{}{}.{:09}", file, text(kBackupDate, breakDown(time, Zone::local)),
                     nanosecondsOf(time));
}

bool isBackupName(std::string_view file, std::string_view name) {
  if (!name.starts_with(file)) return false;
  const std::string suffix(name.substr(file.size()));
  std::tm date{};
  const char* const end = ::strptime(suffix.c_str(), kBackupDate, &date);
  if (end == nullptr) return false;
  const std::string_view fraction(end);
  // What it reads leniently it does not write again.
  return fraction.size() == 10 && fraction[0] == '.' &&
         fraction.find_first_not_of("0123456789", 1) == std::string_view::npos &&
         suffix.starts_with(text(kBackupDate, date) + ".");
}

std::string syslogLocalTime(WallTime time) {
  return text("%b %e %H:%M:%S", breakDown(time, Zone::local));
}

std::string rfc3339Time(WallTime time) {
  const std::tm date = breakDown(time, Zone::local);
  const std::string stamp = text("%FT%T", date);
  if (date.tm_gmtoff == 0) return stamp + "Z";
  std::string offset = text("%z", date);
  return stamp + offset.insert(3, ":");
}

}  // namespace gannet::log
