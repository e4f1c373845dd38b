#pragma once

#include "base/task.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace gannet::server {

// Checks passwords whose check is slow by design, on a thread of its own, so that no shard waits.
// The thread starts with the first task.
//
// Threads  Any.
class AuthService {
 public:
  AuthService() = default;
  AuthService(const AuthService&) = delete;
  AuthService& operator=(const AuthService&) = delete;

  // Finishes the task at hand; the others are destroyed without a run.
  ~AuthService();

  // Runs `task` on the service's thread, after those submitted before.
  void submit(Task task);

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> tasks_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace gannet::server
