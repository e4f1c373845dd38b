#pragma once

#include "base/task.h"

#include <atomic>
#include <memory>
#include <utility>

namespace gannet::net {

// Tasks from threads that are no shards, or for such: control, monitoring, cryptography. Nobody
// waits for anybody: a thread that loses its core while it adds holds nobody up.
//
// Threads  Any may add and take.
// Cost     One allocation a task.
class OutsideMail {
 public:
  OutsideMail() = default;
  OutsideMail(const OutsideMail&) = delete;
  OutsideMail& operator=(const OutsideMail&) = delete;

  // Destroys what nobody has taken.
  ~OutsideMail() {
    takeAll([](const Task& /*task*/) {});
  }

  // Wakes nobody: see Shard::postFromOutside(). What was written before is seen by the task when
  // it has been taken.
  void add(Task task) {
    auto* const letter = new Letter{std::move(task), latest_.load(std::memory_order_relaxed)};
    while (!latest_.compare_exchange_weak(letter->before, letter, std::memory_order_release,
                                          std::memory_order_relaxed)) {
    }
  }

  // Calls `take(Task)` for all tasks added so far, in the order in which they were added. What is
  // added meanwhile waits for the next call.
  template <class F>
  void takeAll(F&& take) {
    Letter* oldest = nullptr;
    Letter* letter = latest_.exchange(nullptr, std::memory_order_acquire);
    while (letter != nullptr) {
      Letter* const before = std::exchange(letter->before, oldest);
      oldest = std::exchange(letter, before);
    }
    while (oldest != nullptr) {
      const std::unique_ptr<Letter> next(std::exchange(oldest, oldest->before));
      take(std::move(next->task));
    }
  }

 private:
  struct Letter {
    Task task;
    Letter* before;  // while it is taken: the one after it
  };

  std::atomic<Letter*> latest_{nullptr};
};

}  // namespace gannet::net
