#pragma once

#include <chrono>
#include <string>

namespace gannet::monitor {

// Whole seconds with the largest unit first and all smaller ones behind it: 22s, 4m22s, 1y0d0h4m22s
// (a year has 365 days). Spec: monitoring §1.4
[[nodiscard]] std::string formatUptime(std::chrono::nanoseconds age);

// Go's text of a duration: 0s, 253µs, 1.5ms, 1m30s. Spec: monitoring §0
[[nodiscard]] std::string formatDuration(std::chrono::nanoseconds duration);

}  // namespace gannet::monitor
