#pragma once

#include "base/clock.h"

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace gannet::bench {

// What one phase of a run, its warm-up or its measured part, may do.
struct FlowLimits {
  MonoTime begin{};                     // when it starts
  MonoTime end = MonoTime::max();       // when publishing stops
  std::uint64_t messages = UINT64_MAX;  // to publish, all publishers together
  double rate = 0;                      // messages a second; 0: no limit
  std::uint64_t deliveries = 0;         // of each message
  std::uint64_t max_in_flight = 1;      // deliveries on their way
  std::size_t workers = 1;
};

// The account that the workers of a phase keep together: what was published, what arrived, and how
// much may still be published without running over a receiver.
//
// Threads  Any.
// Cost     A few atomic operations for a block of messages, nothing for a message.
class Flow {
 public:
  explicit Flow(const FlowLimits& limits) : limits_(limits) {}

  // How many messages may be published now, at most `wanted`: they count as published. Zero when
  // the window has less than a quarter to give, so that publishing stays in large blocks; never
  // when nothing is on its way and the phase goes on.
  std::uint64_t reserve(std::uint64_t wanted, MonoTime now);

  void onDelivered(std::uint64_t messages) { delivered_.fetch_add(messages); }

  // A worker has seen the server answer for all it published, and publishes no more.
  void onRetired() { retired_.fetch_add(1); }

  // A worker has an error of its own to report; the others need not go on.
  void abandon() { is_abandoned_.store(true); }

  [[nodiscard]] bool isAbandoned() const { return is_abandoned_.load(); }

  // Nothing more will be published.
  [[nodiscard]] bool isOver(MonoTime now) const;

  // All that was published has arrived, and nothing more will be published.
  [[nodiscard]] bool isComplete() const;

  // When reserve() may give more for the rate's sake; `now` or earlier: the rate is not in the way.
  [[nodiscard]] MonoTime nextDue() const;

  // How far the phase is, 0 to 1.
  [[nodiscard]] double progress(MonoTime now) const;

  [[nodiscard]] std::uint64_t published() const { return published_.load(); }

  [[nodiscard]] std::uint64_t delivered() const { return delivered_.load(); }

  [[nodiscard]] std::uint64_t expected() const { return published() * limits_.deliveries; }

  // Grows whenever anything happens.
  [[nodiscard]] std::uint64_t pulse() const { return published() + delivered() + retired_.load(); }

 private:
  [[nodiscard]] std::uint64_t allowance(std::uint64_t published, MonoTime now) const;
  [[nodiscard]] std::uint64_t windowSpace(std::uint64_t published) const;

  FlowLimits limits_;
  std::atomic<std::uint64_t> published_{0};
  std::atomic<std::uint64_t> delivered_{0};
  std::atomic<std::size_t> retired_{0};
  std::atomic<bool> is_abandoned_{false};
};

}  // namespace gannet::bench
