#pragma once

#include "base/result.h"

#include <chrono>
#include <string>
#include <string_view>

namespace gannet::config {

// Reads a duration in Go's syntax: "300ms", "1.5h", "2h45m", "-1s".
// Errors are Go's texts: time: invalid duration "x"
Result<std::chrono::nanoseconds, Error> parseDuration(std::string_view text);

// As Go prints a duration: "2m0s", "1.5s", "300ms", "0s".
[[nodiscard]] std::string formatDuration(std::chrono::nanoseconds duration);

}  // namespace gannet::config
