#include "base/machine/idle_time.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string_view>

#include <sched.h>
#include <unistd.h>

namespace gannet {
namespace {

// The number in "cpu7"; none for the sum of all, "cpu", and for other lines.
std::optional<int> processorIn(std::string_view name) {
  if (!name.starts_with("cpu")) return std::nullopt;
  int number = 0;
  const char* const end = name.data() + name.size();
  const auto read = std::from_chars(name.data() + 3, end, number);
  if (read.ec != std::errc{} || read.ptr != end || number >= CPU_SETSIZE) return std::nullopt;
  return number;
}

}  // namespace

std::optional<std::chrono::nanoseconds> idleTime(const std::string& file) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return std::nullopt;
  std::optional<std::int64_t> ticks;
  std::ifstream stat(file);
  for (std::string line; std::getline(stat, line);) {
    if (!line.starts_with("cpu")) break;
    std::istringstream words(line);
    std::string name;
    std::array<std::int64_t, 5> times{};  // user, nice, system, idle, waiting for disks
    words >> name;
    for (std::int64_t& time : times)
      words >> time;
    const auto processor = processorIn(name);
    if (!words || !processor || !CPU_ISSET(static_cast<unsigned>(*processor), &allowed)) continue;
    ticks = ticks.value_or(0) + times[3] + times[4];
  }
  if (!ticks) return std::nullopt;
  return std::chrono::nanoseconds(std::chrono::seconds(1)) / sysconf(_SC_CLK_TCK) * *ticks;
}

}  // namespace gannet
