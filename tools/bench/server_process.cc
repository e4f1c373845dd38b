#include "bench/server_process.h"

#include <charconv>
#include <fstream>
#include <string>
#include <string_view>

namespace gannet::bench {
namespace {

std::chrono::nanoseconds toDuration(const timespec& time) {
  return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

// The number of KiB behind `key` in a line of /proc/PID/status.
bool readKib(std::string_view line, std::string_view key, std::uint64_t& bytes) {
  if (!line.starts_with(key)) return false;
  const std::size_t at = line.find_first_of("0123456789");
  if (at == std::string_view::npos) return false;
  std::uint64_t kib = 0;
  std::from_chars(line.data() + at, line.data() + line.size(), kib);
  bytes = kib * 1024;
  return true;
}

}  // namespace

Result<ServerProcess, Error> ServerProcess::open(int pid) {
  clockid_t clock = 0;
  if (clock_getcpuclockid(pid, &clock) != 0) {
    return Error{"no process has the pid " + std::to_string(pid)};
  }
  return ServerProcess(pid, clock);
}

Result<Usage, Error> ServerProcess::usage() const {
  const Error gone{"the server process " + std::to_string(pid_) + " is gone"};
  timespec time{};
  if (clock_gettime(clock_, &time) != 0) return gone;
  Usage usage{.cpu = toDuration(time)};
  std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
  int found = 0;
  for (std::string line; std::getline(status, line);) {
    if (readKib(line, "VmRSS:", usage.rss_bytes)) ++found;
    if (readKib(line, "RssAnon:", usage.private_bytes)) ++found;
    if (readKib(line, "VmHWM:", usage.peak_bytes)) ++found;
  }
  if (found != 3) return gone;
  return usage;
}

Result<std::optional<ServerProcess>, Error> openGiven(std::optional<int> pid) {
  if (!pid.has_value()) return std::optional<ServerProcess>{};
  auto opened = ServerProcess::open(*pid);
  if (!opened) return opened.error();
  return std::optional<ServerProcess>{*opened};
}

std::chrono::nanoseconds ownCpu() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return toDuration(time);
}

}  // namespace gannet::bench
