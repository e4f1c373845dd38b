#include "server/shards/memory_budget.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <string>

#include <unistd.h>

namespace gannet::server {
namespace {

constexpr const char* kCgroupRoot = "/sys/fs/cgroup";

// A number in a file, or INT64_MAX for none and for "max".
std::int64_t limitIn(const std::string& path) {
  std::ifstream file(path);
  std::int64_t bytes = 0;
  return file >> bytes && bytes > 0 ? bytes : INT64_MAX;
}

// The process's own cgroup of version 2, below the root: "/system.slice/gannet.service".
std::string ownCgroup() {
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("0::")) return line.substr(3);
  }
  return "/";
}

// The lowest limit of the process's cgroup and of those around it; in a container, and in version
// 1, it stands at the root.
std::int64_t cgroupLimit() {
  std::int64_t lowest =
      std::min(limitIn(fmt::format("{}/memory.max", kCgroupRoot)),
               limitIn(fmt::format("{}/memory/memory.limit_in_bytes", kCgroupRoot)));
  for (std::string group = ownCgroup(); group.size() > 1; group.resize(group.rfind('/'))) {
    lowest = std::min(lowest, limitIn(fmt::format("{}{}/memory.max", kCgroupRoot, group)));
  }
  return lowest;
}

std::int64_t machineMemory() {
  return static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
}

}  // namespace

void MemoryBudget::setLimit(std::int64_t limit) {
  if (limit <= 0) limit = std::min(cgroupLimit(), machineMemory()) / 4 * 3;
  limit_.store(limit, std::memory_order_relaxed);
}

subject::ShardId MemoryBudget::greediestShard() const {
  std::size_t found = 0;
  for (std::size_t shard = 1; shard < greed_.size(); ++shard) {
    if (greed_[shard].load(std::memory_order_relaxed) >
        greed_[found].load(std::memory_order_relaxed)) {
      found = shard;
    }
  }
  return static_cast<subject::ShardId>(found);
}

}  // namespace gannet::server
