#pragma once

#include "base/task.h"

#include <mutex>
#include <utility>
#include <vector>

namespace gannet::net {

// Tasks for a shard from threads that are no shards: control, monitoring, password checks. Rare, so
// a lock does.
//
// Threads  Any.
class OutsideMail {
 public:
  // Does not wake the shard: see Shard::postFromOutside().
  void add(Task task) {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }

  // All tasks added so far, in the order in which they were added. The caller runs or destroys
  // them.
  [[nodiscard]] std::vector<Task> takeAll() {
    const std::lock_guard lock(mutex_);
    return std::exchange(tasks_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<Task> tasks_;
};

}  // namespace gannet::net
