#pragma once

#include "base/result.h"
#include "bench/options.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace gannet::bench {

// A set of modes, one bit each.
using Modes = std::uint8_t;

constexpr Modes bitOf(Mode mode) {
  return static_cast<Modes>(1U << static_cast<unsigned>(mode));
}

// One flag: a row of the table from which parsing, `--help` and the check that the flag means
// something to the mode follow.
struct Flag {
  std::string_view name;   // without its dashes
  std::string_view value;  // what stands for its value in the help; empty: the flag has none
  std::string_view help;
  Modes modes;
  Result<void, Error> (*apply)(Options& options, std::string_view value);
};

[[nodiscard]] std::span<const Flag> flags();

// `12`, `10k`, `5m`, `1g`: powers of a thousand. At most 10^15.
Result<std::uint64_t, Error> parseCount(std::string_view text);

// As parseCount, but k, m and g are powers of 1024.
Result<std::size_t, Error> parseBytes(std::string_view text);

// `5`, `1.5`, `5s`, `200ms`, `2m`. At most a day.
Result<std::chrono::nanoseconds, Error> parseDuration(std::string_view text);

}  // namespace gannet::bench
