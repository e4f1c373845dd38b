#include "config/language/go_duration.h"

#include "base/go_quote.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <limits>

namespace gannet::config {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t nanoseconds;
};

constexpr std::array<Unit, 8> kUnits = {{{"ns", 1},
                                         {"us", 1000},
                                         {"\u00b5s", 1000},
                                         {"\u03bcs", 1000},
                                         {"ms", 1000000},
                                         {"s", 1000000000},
                                         {"m", 60000000000},
                                         {"h", 3600000000000}}};

constexpr std::uint64_t kLimit = 1ULL << 63U;

constexpr bool isDigit(char c) {
  return c >= '0' && c <= '9';
}

// A number's digits before and behind the point.
struct Decimal {
  std::uint64_t whole = 0;
  std::uint64_t fraction = 0;
  double scale = 1;  // 10 to the number of digits in `fraction`
  bool has_digits = false;
  bool is_too_large = false;
};

Decimal takeDecimal(std::string_view& text) {
  Decimal out;
  for (; !text.empty() && isDigit(text.front()); text.remove_prefix(1)) {
    if (out.whole > kLimit / 10) out.is_too_large = true;
    out.whole = out.whole * 10 + static_cast<std::uint64_t>(text.front() - '0');
    if (out.whole > kLimit) out.is_too_large = true;
    out.has_digits = true;
  }
  if (text.empty() || text.front() != '.') return out;
  text.remove_prefix(1);
  for (; !text.empty() && isDigit(text.front()); text.remove_prefix(1)) {
    out.has_digits = true;
    if (out.fraction > (kLimit - 1) / 10) continue;  // beyond a nanosecond's hour: no matter
    out.fraction = out.fraction * 10 + static_cast<std::uint64_t>(text.front() - '0');
    out.scale *= 10;
  }
  return out;
}

const Unit* findUnit(std::string_view name) {
  for (const Unit& unit : kUnits) {
    if (unit.name == name) return &unit;
  }
  return nullptr;
}

// The digits of `value / unit` with as many decimals as it takes.
std::string decimals(std::uint64_t value, std::uint64_t unit) {
  std::string text = std::to_string(value / unit);
  std::uint64_t rest = value % unit;
  if (rest == 0) return text;
  text += '.';
  for (std::uint64_t place = unit / 10; rest > 0; place /= 10) {
    text += static_cast<char>('0' + rest / place);
    rest %= place;
  }
  return text;
}

}  // namespace

Result<std::chrono::nanoseconds, Error> parseDuration(std::string_view text) {
  const std::string_view all = text;
  const auto invalid = [&all] {
    return Error{fmt::format("time: invalid duration {}", goQuote(all))};
  };
  const bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return std::chrono::nanoseconds(0);
  if (text.empty()) return invalid();

  std::uint64_t total = 0;
  while (!text.empty()) {
    if (text.front() != '.' && !isDigit(text.front())) return invalid();
    const Decimal number = takeDecimal(text);
    if (!number.has_digits || number.is_too_large) return invalid();
    std::size_t size = 0;
    while (size < text.size() && text[size] != '.' && !isDigit(text[size]))
      ++size;
    const std::string_view name = text.substr(0, size);
    text.remove_prefix(size);
    if (name.empty()) {
      return Error{fmt::format("time: missing unit in duration {}", goQuote(all))};
    }
    const Unit* unit = findUnit(name);
    if (unit == nullptr) {
      return Error{
          fmt::format("time: unknown unit {} in duration {}", goQuote(name), goQuote(all))};
    }
    if (number.whole > kLimit / unit->nanoseconds) return invalid();
    const double part = static_cast<double>(number.fraction) *
                        (static_cast<double>(unit->nanoseconds) / number.scale);
    total += number.whole * unit->nanoseconds + static_cast<std::uint64_t>(part);
    if (total > kLimit) return invalid();
  }
  if (is_negative) return std::chrono::nanoseconds(static_cast<std::int64_t>(0 - total));
  if (total > kLimit - 1) return invalid();
  return std::chrono::nanoseconds(static_cast<std::int64_t>(total));
}

std::string formatDuration(std::chrono::nanoseconds duration) {
  const std::int64_t count = duration.count();
  if (count == 0) return "0s";
  const std::string sign = count < 0 ? "-" : "";
  const std::uint64_t value =
      count < 0 ? 0 - static_cast<std::uint64_t>(count) : static_cast<std::uint64_t>(count);
  constexpr std::uint64_t kSecond = 1000000000;
  if (value < 1000) return fmt::format("{}{}ns", sign, value);
  if (value < 1000000) return fmt::format("{}{}\u00b5s", sign, decimals(value, 1000));
  if (value < kSecond) return fmt::format("{}{}ms", sign, decimals(value, 1000000));
  const std::uint64_t minutes = value / (60 * kSecond);
  const std::string seconds = decimals(value % (60 * kSecond), kSecond);
  if (minutes == 0) return fmt::format("{}{}s", sign, seconds);
  if (minutes < 60) return fmt::format("{}{}m{}s", sign, minutes, seconds);
  return fmt::format("{}{}h{}m{}s", sign, minutes / 60, minutes % 60, seconds);
}

}  // namespace gannet::config
