#pragma once

#include "base/bytes/buffer.h"
#include "config/options.h"
#include "subject/receiver.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace gannet::server {

// The bytes the process may hold for what it can give back: queued output, received parts of
// messages, spare buffers, plans. Shards report chunks and plans once a turn, buffers count
// themselves; nobody takes a lock.
//
// Threads  Any.
class MemoryBudget {
 public:
  // `limit` 0: three quarters of what the cgroup, or else the machine, allows.
  void setLimit(std::int64_t limit);

  // Adds `change` to what is held; a shard reports the difference to its last report.
  void report(std::int64_t change) { held_.fetch_add(change, std::memory_order_relaxed); }

  [[nodiscard]] std::int64_t held() const {
    return held_.load(std::memory_order_relaxed) + Buffer::liveBytes();
  }

  [[nodiscard]] std::int64_t limit() const { return limit_.load(std::memory_order_relaxed); }

  // Counts a connection that was closed because it held too much.
  void noteCut() { cuts_.fetch_add(1, std::memory_order_relaxed); }

  [[nodiscard]] std::uint64_t cuts() const { return cuts_.load(std::memory_order_relaxed); }

  // True above nine tenths of the limit: then caches are emptied and the largest connections cut
  // until it is false.
  [[nodiscard]] bool isTight() const { return held() > limit() / 10 * 9; }

  // True above half of the limit: shards then say what their largest connection holds.
  [[nodiscard]] bool isFilling() const { return held() > limit() / 2; }

  // What the largest connection of `shard` holds, as that shard last saw it.
  void setLargest(ShardId shard, std::size_t bytes) {
    largest_[shard].store(bytes, std::memory_order_relaxed);
  }

  // The shard whose largest connection holds the most.
  [[nodiscard]] ShardId shardOfLargest() const;

 private:
  std::atomic<std::int64_t> limit_{INT64_MAX};
  std::atomic<std::int64_t> held_{0};
  std::atomic<std::uint64_t> cuts_{0};
  std::array<std::atomic<std::size_t>, config::kMaxShards> largest_{};
};

}  // namespace gannet::server
