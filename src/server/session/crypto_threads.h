#pragma once

#include "base/task.h"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace gannet::server {

// Threads for cryptography that takes much longer than a message does, so that no shard waits for
// it: password hashes, TLS handshakes. The kernel lets the shards go first. The threads start with
// the first task.
//
// Threads  Any.
class CryptoThreads {
 public:
  // At most `count` tasks run side by side.
  explicit CryptoThreads(std::size_t count) : count_(count) {}

  CryptoThreads(const CryptoThreads&) = delete;
  CryptoThreads& operator=(const CryptoThreads&) = delete;

  // Finishes the tasks at hand; the others are destroyed without a run.
  ~CryptoThreads();

  // Runs `task` on one of the threads; tasks begin in the order in which they were submitted. Where
  // the system lets no thread start, the caller runs it.
  void submit(Task task);

 private:
  bool start();
  void run();

  const std::size_t count_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> tasks_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace gannet::server
