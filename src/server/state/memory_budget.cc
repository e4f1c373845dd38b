#include "server/state/memory_budget.h"

#include "base/machine/cgroup.h"

#include <algorithm>

#include <unistd.h>

namespace gannet::server {
namespace {

std::int64_t machineMemory() {
  return static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
}

}  // namespace

void MemoryBudget::setLimit(std::int64_t limit) {
  if (limit <= 0) {
    const std::int64_t memory = machineMemory();
    limit = std::min(readCgroupLimits().memory_bytes.value_or(memory), memory) / 4 * 3;
  }
  limit_.store(limit, std::memory_order_relaxed);
}

ShardId MemoryBudget::shardOfLargest() const {
  std::size_t found = 0;
  for (std::size_t shard = 1; shard < largest_.size(); ++shard) {
    if (largest_[shard].load(std::memory_order_relaxed) >
        largest_[found].load(std::memory_order_relaxed)) {
      found = shard;
    }
  }
  return static_cast<ShardId>(found);
}

}  // namespace gannet::server
