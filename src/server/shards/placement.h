#pragma once

#include "base/clock.h"
#include "subject/receiver.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace gannet::net {
class EventLoop;
}

namespace gannet::server {

// Decides on which shard a new connection lives. Connections that talk to each other are cheapest
// together, so they go to the first shard that still has room, and spread as load grows.
//
// Threads  Any.
class Placement {
 public:
  // `shards` outlive the placement.
  explicit Placement(const std::vector<std::unique_ptr<net::EventLoop>>& shards);

  // The first shard that uses less than kFull of its core, or else the least busy one.
  [[nodiscard]] ShardId choose();

  // The share of its core that each shard used lately, in 1/1000.
  [[nodiscard]] std::vector<std::uint32_t> loads();

  // Tells that about so much of a core's time moved from one shard to another, which the next
  // measurement will show.
  void noteMoved(ShardId from, ShardId to, std::uint32_t load);

  static constexpr std::uint32_t kFull = 600;  // of 1000: leaves room for what is there to grow

 private:
  struct Sample {
    std::chrono::nanoseconds cpu{0};
    std::uint32_t load = 0;
  };

  void refresh();

  const std::vector<std::unique_ptr<net::EventLoop>>& loops_;
  std::mutex mutex_;
  std::vector<Sample> samples_;
  MonoTime sampled_;
};

}  // namespace gannet::server
