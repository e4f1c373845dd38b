#pragma once

#include <memory>
#include <mutex>

namespace gannet::server {

// Whether connections may change their shard now. Those who look at all shards close it, those who
// move pass it.
//
// Threads  Any. A closer waits for a move, which takes about a turn; a mover never waits.
class MoveGate {
 public:
  // What a Closed does at its end.
  struct Opener {
    void operator()(MoveGate* gate) const { gate->open(); }
  };

  // While one of these lives, no connection moves: who asks one shard after the other meets each
  // connection once. Does not outlive the gate.
  using Closed = std::unique_ptr<MoveGate, Opener>;

  // Waits for the end of a move that is under way.
  [[nodiscard]] Closed close() {
    const std::lock_guard lock(mutex_);
    ++closers_;
    return Closed(this);
  }

  // Runs `move` if the gate is open and nobody else moves; who closes it meanwhile waits. Never
  // waits itself. Returns whether it ran.
  template <class F>
  bool passIfOpen(F&& move) {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock.owns_lock() || closers_ > 0) return false;
    move();
    return true;
  }

 private:
  void open() {
    const std::lock_guard lock(mutex_);
    --closers_;
  }

  std::mutex mutex_;
  int closers_ = 0;
};

}  // namespace gannet::server
