#include "server/shards/memory_budget.h"

#include <algorithm>
#include <fstream>
#include <string>

#include <unistd.h>

namespace gannet::server {
namespace {

// The limit of the process's cgroup (version 2, then 1), or INT64_MAX.
std::int64_t cgroupLimit() {
  for (const char* const path :
       {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    std::ifstream file(path);
    std::int64_t bytes = 0;
    if (file >> bytes && bytes > 0) return bytes;
  }
  return INT64_MAX;
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
