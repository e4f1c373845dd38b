#pragma once

#include "base/task.h"

#include <atomic>
#include <memory>
#include <utility>

namespace gannet {

// Tasks for a thread from others that it has no queue with: shards get those of the control and the
// cryptography threads, the log's thread gets those of all. Nobody waits for anybody: a thread that
// loses its core while it adds holds nobody up.
//
// Threads  Any may add and take.
// Cost     One allocation a task.
class PostedTasks {
 public:
  PostedTasks() = default;
  PostedTasks(const PostedTasks&) = delete;
  PostedTasks& operator=(const PostedTasks&) = delete;

  // Destroys what nobody has taken.
  ~PostedTasks() {
    takeAll([](const Task& /*task*/) {});
  }

  // Wakes nobody: see EventLoop::postFromOutside(). What was written before is seen by the task
  // when it has been taken.
  void add(Task task) {
    auto* const node = new Node{std::move(task), latest_.load(std::memory_order_relaxed)};
    while (!latest_.compare_exchange_weak(node->before, node, std::memory_order_release,
                                          std::memory_order_relaxed)) {
    }
  }

  // Calls `take(Task)` for all tasks added so far, in the order in which they were added. What is
  // added meanwhile waits for the next call.
  template <class F>
  void takeAll(F&& take) {
    Node* oldest = nullptr;
    Node* node = latest_.exchange(nullptr, std::memory_order_acquire);
    while (node != nullptr) {
      Node* const before = std::exchange(node->before, oldest);
      oldest = std::exchange(node, before);
    }
    while (oldest != nullptr) {
      const std::unique_ptr<Node> next(std::exchange(oldest, oldest->before));
      take(std::move(next->task));
    }
  }

 private:
  struct Node {
    Task task;
    Node* before;  // while it is taken: the one after it
  };

  std::atomic<Node*> latest_{nullptr};
};

}  // namespace gannet
