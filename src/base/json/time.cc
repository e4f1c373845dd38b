#include "base/json/time.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace gannet::json {
namespace {

using std::chrono::days;
using std::chrono::nanoseconds;
using std::chrono::sys_days;

constexpr std::string_view kZeroTime = "0001-01-01T00:00:00Z";

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}

// The fixed number of digits at `at`, or -1.
int digitsAt(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return -1;
  int value = 0;
  for (const char c : text.substr(at, count)) {
    if (!isDigit(c)) return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

// "Z" or "+hh:mm" as an offset from UTC.
std::optional<std::chrono::minutes> parseZone(std::string_view zone) {
  using std::chrono::hours;
  using std::chrono::minutes;
  if (zone == "Z") return minutes{0};
  if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':') return std::nullopt;
  const int hour = digitsAt(zone, 1, 2);
  const int minute = digitsAt(zone, 4, 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return std::nullopt;
  const minutes offset = hours{hour} + minutes{minute};
  return zone[0] == '-' ? -offset : offset;
}

// ".5" is half a second: digits beyond the ninth are cut off.
nanoseconds parseFraction(std::string_view digits) {
  std::int64_t value = 0;
  for (std::size_t i = 0; i < 9; ++i)
    value = value * 10 + (i < digits.size() ? digits[i] - '0' : 0);
  return nanoseconds{value};
}

}  // namespace

std::optional<WallTime> parseTime(std::string_view text) {
  if (text == kZeroTime) return WallTime{};
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
      text[16] != ':') {
    return std::nullopt;
  }
  const int fields[] = {digitsAt(text, 0, 4),  digitsAt(text, 5, 2),  digitsAt(text, 8, 2),
                        digitsAt(text, 11, 2), digitsAt(text, 14, 2), digitsAt(text, 17, 2)};
  if (*std::min_element(std::begin(fields), std::end(fields)) < 0) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{fields[0]},
                                         std::chrono::month{static_cast<unsigned>(fields[1])},
                                         std::chrono::day{static_cast<unsigned>(fields[2])}};
  if (!date.ok() || fields[3] > 23 || fields[4] > 59 || fields[5] > 59) return std::nullopt;
  // 64 bits of nanoseconds end in 1677 and 2262.
  if (fields[0] < 1678 || fields[0] > 2261) return std::nullopt;

  std::size_t at = 19;
  nanoseconds fraction{0};
  if (text[at] == '.') {
    const std::size_t start = ++at;
    while (at < text.size() && isDigit(text[at]))
      ++at;
    if (at == start) return std::nullopt;
    fraction = parseFraction(text.substr(start, at - start));
  }
  const auto zone = parseZone(text.substr(at));
  if (!zone) return std::nullopt;
  return sys_days{date} + std::chrono::hours{fields[3]} + std::chrono::minutes{fields[4]} +
         std::chrono::seconds{fields[5]} + fraction - *zone;
}

void appendTime(std::string& out, WallTime time) {
  if (time == WallTime{}) {
    out += kZeroTime;
    return;
  }
  const auto date = std::chrono::floor<days>(time);
  const std::chrono::year_month_day ymd{date};
  const std::chrono::hh_mm_ss clock{std::chrono::duration_cast<nanoseconds>(time - date)};
  fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
                 static_cast<int>(ymd.year()), static_cast<unsigned>(ymd.month()),
                 static_cast<unsigned>(ymd.day()), clock.hours().count(), clock.minutes().count(),
                 clock.seconds().count());
  if (clock.subseconds().count() != 0) {
    std::string fraction = fmt::format(".{:09}", clock.subseconds().count());
    fraction.erase(fraction.find_last_not_of('0') + 1);
    out += fraction;
  }
  out += 'Z';
}

}  // namespace gannet::json
