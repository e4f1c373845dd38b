#pragma once

#include "base/clock.h"
#include "subject/receiver.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace gannet::net {
class Shard;
}

namespace gannet::server {

// Decides on which shard a new connection lives. A few connections that talk to each other are
// cheapest together, so they go to the first shard that still has room. More of them are spread:
// they may all get busy later, and a connection stays where it is.
//
// Threads  Any.
class Placement {
 public:
  // How many connections live on a shard now. Any thread.
  using Count = std::function<std::size_t(subject::ShardId shard)>;

  // `shards` outlive the placement.
  Placement(const std::vector<std::unique_ptr<net::Shard>>& shards, Count connections);

  // Of the shards that use less than kFull of their core the first with less than kTogether
  // connections, or else the one with the fewest. Without any such shard the least busy one.
  [[nodiscard]] subject::ShardId choose();

  // The share of its core that a shard used lately, in 1/1000.
  [[nodiscard]] std::uint32_t load(subject::ShardId shard);

  static constexpr std::uint32_t kFull = 600;  // of 1000: leaves room for what is there to grow
  static constexpr std::size_t kTogether = 16;

 private:
  struct Sample {
    std::chrono::nanoseconds cpu{0};
    std::uint32_t load = 0;
  };

  void refresh();
  [[nodiscard]] subject::ShardId leastBusy() const;

  const std::vector<std::unique_ptr<net::Shard>>& shards_;
  Count connections_;
  std::mutex mutex_;
  std::vector<Sample> samples_;
  MonoTime sampled_;
};

}  // namespace gannet::server
