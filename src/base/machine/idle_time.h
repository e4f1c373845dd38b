#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace gannet {

// How long the processors that this thread may run on have stood idle since the machine's start,
// all together. Its steps are those of the kernel's clock, 10 ms as a rule. None where the kernel
// does not tell.
[[nodiscard]] std::optional<std::chrono::nanoseconds> idleTime(
    const std::string& file = "/proc/stat");

}  // namespace gannet
