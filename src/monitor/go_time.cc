#include "monitor/go_time.h"

#include <fmt/format.h>

#include <cstdint>

namespace gannet::monitor {
namespace {

// `value` / 10^`digits` without trailing zeros.
std::string decimal(std::uint64_t value, int digits) {
  std::uint64_t scale = 1;
  for (int i = 0; i < digits; ++i)
    scale *= 10;
  std::string text = fmt::format("{}.{:0{}}", value / scale, value % scale, digits);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

}  // namespace

std::string formatUptime(std::chrono::nanoseconds age) {
  const auto total = std::chrono::duration_cast<std::chrono::seconds>(age).count();
  const auto seconds = total % 60;
  const auto minutes = total / 60 % 60;
  const auto hours = total / 3600 % 24;
  const auto days = total / 86400 % 365;
  const auto years = total / (std::int64_t{86400} * 365);
  if (years > 0) return fmt::format("{}y{}d{}h{}m{}s", years, days, hours, minutes, seconds);
  if (days > 0) return fmt::format("{}d{}h{}m{}s", days, hours, minutes, seconds);
  if (hours > 0) return fmt::format("{}h{}m{}s", hours, minutes, seconds);
  if (minutes > 0) return fmt::format("{}m{}s", minutes, seconds);
  return fmt::format("{}s", seconds);
}

std::string formatDuration(std::chrono::nanoseconds duration) {
  constexpr std::uint64_t kSecond = 1'000'000'000;
  constexpr std::uint64_t kMinute = 60 * kSecond;
  const bool is_negative = duration.count() < 0;
  const auto count = static_cast<std::uint64_t>(duration.count());
  const std::uint64_t ns = is_negative ? 0 - count : count;
  std::string text = is_negative ? "-" : "";
  if (ns == 0) return "0s";
  if (ns < 1'000) return text + fmt::format("{}ns", ns);
  if (ns < 1'000'000) return text + decimal(ns, 3) + "\u00b5s";
  if (ns < kSecond) return text + decimal(ns, 6) + "ms";
  const std::uint64_t hours = ns / (60 * kMinute);
  if (hours > 0) text += fmt::format("{}h", hours);
  if (ns >= kMinute) text += fmt::format("{}m", ns / kMinute % 60);
  return text + decimal(ns % kMinute, 9) + "s";
}

}  // namespace gannet::monitor
