#pragma once

#include "base/result.h"

#include <chrono>
#include <cstdint>
#include <ctime>
#include <optional>

namespace gannet::bench {

// What a process has used, seen from outside.
struct Usage {
  std::chrono::nanoseconds cpu{0};  // user and system, of all its threads, dead ones too
  std::uint64_t rss_bytes = 0;      // resident now
  std::uint64_t private_bytes = 0;  // of these without a file behind: stacks and heap
  std::uint64_t peak_bytes = 0;     // the most that ever was resident
};

// Another process on this machine whose use of CPU and memory is read. Linux.
class ServerProcess {
 public:
  static Result<ServerProcess, Error> open(int pid);

  // The CPU time comes from the process's clock, which counts nanoseconds.
  [[nodiscard]] Result<Usage, Error> usage() const;

 private:
  ServerProcess(int pid, clockid_t clock) : pid_(pid), clock_(clock) {}

  int pid_;
  clockid_t clock_;
};

// The process with the pid that was given; nothing when none was.
Result<std::optional<ServerProcess>, Error> openGiven(std::optional<int> pid);

// What this process has used.
[[nodiscard]] std::chrono::nanoseconds ownCpu();

}  // namespace gannet::bench
