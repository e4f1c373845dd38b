#pragma once

#include "base/task.h"
#include "net/outside_mail.h"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <semaphore.h>
#include <sys/types.h>

namespace gannet::server {

// Threads for cryptography that takes much longer than a message does, so that no shard waits for
// it: password hashes, TLS handshakes. They take what the cores have to spare: whoever else wants
// one has it at once, so that messages do not notice a crowd that connects. Where nothing is to
// spare for long, a helper with a small share by right sees to it that the crowd gets in. The
// threads start with the first task.
//
// Threads  Any. Who submits never waits for a thread that lost its core.
class CryptoThreads {
 public:
  // How often the helper looks whether the others get on, and how long it works before it looks
  // again: the time that a crowd may stand still on a machine without a core to spare.
  static constexpr std::chrono::nanoseconds kReview = std::chrono::milliseconds(50);

  // At most `count` tasks run side by side, and one more when the helper is needed.
  explicit CryptoThreads(std::size_t count, std::chrono::nanoseconds review = kReview);

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

 private:
  // Tasks in the order in which they were submitted.
  struct Queue {
    net::OutsideMail submitted;
    std::deque<Task> taken;  // from `submitted`, under mutex_
  };

  void submit(Task task, Queue& queue);
  bool start();
  void run();
  void runHelper(const std::vector<clockid_t>& crew);
  bool takeToken();
  void awaitToken();
  void runNext();
  Task takeNext();
  void help();
  void pause();

  const std::size_t count_;
  const std::chrono::nanoseconds review_;
  std::atomic<bool> stopping_{false};
  Queue begun_;
  Queue new_;
  std::atomic<int> waiting_{0};  // tasks in both that no thread has taken
  sem_t tokens_{};               // one for each of them, and for each thread at the end
  std::atomic<bool> was_idle_{false};
  std::atomic<bool> helper_sleeps_{false};
  sem_t alarm_{};  // wakes the helper

  std::mutex mutex_;  // of the threads of this class and of nobody else
  int ahead_ = 0;     // taken from `begun_` since the last one from `new_`

  // Of those who submit, until all threads run.
  std::mutex start_mutex_;
  std::atomic<bool> is_complete_{false};
  std::vector<std::thread> threads_;  // the crew, and behind it the helper
};

}  // namespace gannet::server
