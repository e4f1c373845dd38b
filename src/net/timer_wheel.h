#pragma once

#include "base/clock.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

namespace gannet::net {

class TimerWheel;

// One timer, living inside what it belongs to. Destroying it takes it off the wheel.
//
// Threads  The wheel's shard only.
class Timer {
 public:
  using Callback = void (*)(void* owner);

  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  ~Timer() { cancel(); }

  // Takes the timer off its wheel; nothing happens if it is on none.
  void cancel();

  [[nodiscard]] bool isArmed() const { return wheel_ != nullptr; }

 private:
  friend class TimerWheel;

  Timer* next_ = nullptr;
  Timer** link_ = nullptr;  // what points here
  TimerWheel* wheel_ = nullptr;
  std::uint64_t due_tick_ = 0;
  Callback callback_ = nullptr;
  void* owner_ = nullptr;
};

// The timers of one shard: pings, stale checks, write deadlines, stalls.
//
// A hashed wheel of 1 ms ticks. A timer of more than a second fires up to 1/8 s late, so that
// thousands of pings share a wake-up.
//
// Threads  One shard.
// Cost     arm and cancel O(1). A timer further away than one revolution (8 s) is looked at once a
//          revolution.
class TimerWheel {
 public:
  explicit TimerWheel(MonoTime start) : start_(start) {}

  // Fires `callback(owner)` once, not before `delay` after `now`. An armed timer is moved.
  void arm(Timer& timer, MonoTime now, std::chrono::nanoseconds delay, Timer::Callback callback,
           void* owner);

  // Takes over a timer that is armed on another wheel, whose thread stands still: it fires when it
  // would have fired there. Nothing happens if it is not armed.
  void takeOver(Timer& timer, MonoTime now);

  // Runs what is due at `now`. Callbacks may arm and cancel any timer, their own included.
  void advance(MonoTime now);

  // When advance() has something to look at next; none while the wheel is empty.
  [[nodiscard]] std::optional<MonoTime> nextLook() const;

  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  friend class Timer;

  static constexpr std::size_t kSlots = 8192;
  static constexpr std::chrono::nanoseconds kTick = std::chrono::milliseconds(1);
  static constexpr std::uint64_t kCoarseTicks = 125;  // 1/8 s

  [[nodiscard]] std::uint64_t tickOf(MonoTime time) const;
  void place(Timer& timer);
  void fireSlot(std::size_t slot);

  MonoTime start_;
  std::uint64_t tick_ = 0;  // everything due at or before it has fired
  std::size_t size_ = 0;
  std::array<Timer*, kSlots> slots_{};
  std::array<std::uint64_t, kSlots / 64> occupied_{};  // a bit for each slot that may hold timers
};

}  // namespace gannet::net
