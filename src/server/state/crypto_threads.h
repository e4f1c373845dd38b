#pragma once

#include "base/task.h"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace gannet::server {

// Threads for cryptography that takes much longer than a message does, so that no shard waits for
// it: password hashes, TLS handshakes. To the kernel they are threads like any other, so no load of
// the machine starves them, and no sandbox minds them. Between two tasks they offer their core to
// whoever waits for it. They start with the first task.
//
// Threads  Any.
class CryptoThreads {
 public:
  // At most `count` tasks run side by side.
  explicit CryptoThreads(std::size_t count);

  CryptoThreads(const CryptoThreads&) = delete;
  CryptoThreads& operator=(const CryptoThreads&) = delete;

  // Finishes the tasks at hand; the others are destroyed without a run.
  ~CryptoThreads();

  // Runs `task` on one of the threads; tasks begin in the order in which they were submitted. Where
  // the system lets no thread start, the caller runs it.
  void submit(Task task) { submit(std::move(task), new_); }

  // The same before those that were submitted so, but for one in a few. For the rest of what has
  // begun: a crowd gets in one by one, not all at the end.
  void submitAhead(Task task) { submit(std::move(task), begun_); }

  // How many tasks run side by side at most.
  [[nodiscard]] std::size_t count() const { return count_; }

 private:
  using Lock = std::unique_lock<std::mutex>;

  void submit(Task task, std::deque<Task>& queue);
  bool start();
  void run();
  void awaitTask(Lock& lock);
  Task takeNext();

  const std::size_t count_;

  std::mutex mutex_;  // held for a few instructions, but for the start of the threads
  std::condition_variable changed_;
  bool stopping_ = false;
  std::deque<Task> begun_;
  std::deque<Task> new_;
  int ahead_ = 0;  // taken from `begun_` since the last one from `new_`
  std::vector<std::thread> threads_;
};

}  // namespace gannet::server
