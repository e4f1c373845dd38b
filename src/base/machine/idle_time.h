#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace gannet {

// How long the processors of this machine have stood idle since its start, all together. Its steps
// are those of the kernel's clock, 10 ms as a rule. None where the kernel does not tell.
[[nodiscard]] std::optional<std::chrono::nanoseconds> machineIdleTime(
    const std::string& file = "/proc/stat");

}  // namespace gannet
