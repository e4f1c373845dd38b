#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <vector>

namespace gannet::server {

// What one connection of a busy shard did lately.
struct Activity {
  std::chrono::nanoseconds work{0};  // what all of it cost, about
  bool is_bound = false;             // cannot leave now
  // Who sent its latest message, and who got it: places in the list.
  std::size_t sender = kNobody;
  std::size_t receiver = kNobody;

  static constexpr std::size_t kNobody = SIZE_MAX;
};

// Which of the connections should leave their shard so that about `excess` of its work leaves with
// them: places in the list. Those that talk to each other leave together or not at all. Empty if
// nothing would help.
[[nodiscard]] std::vector<std::size_t> pickMovers(std::span<const Activity> connections,
                                                  std::chrono::nanoseconds excess);

}  // namespace gannet::server
