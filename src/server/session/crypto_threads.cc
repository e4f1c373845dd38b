#include "server/session/crypto_threads.h"

#include "base/log.h"

#include <system_error>

#include <sys/resource.h>
#include <unistd.h>

namespace gannet::server {
namespace {

// A tenth of a shard's share where both want the same core: messages come first, yet a crowd that
// reconnects to a busy server gets in.
constexpr int kNice = 10;

void yieldToShards() {
  // On Linux a thread has a nice value of its own. Without it the threads are only less polite.
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice);
}

}  // namespace

CryptoThreads::~CryptoThreads() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_)
    thread.join();
}

void CryptoThreads::submit(Task task) {
  if (!start()) return task();
  const std::lock_guard lock(mutex_);
  tasks_.push_back(std::move(task));
  changed_.notify_one();
}

// False if there is not a single thread: the system may have no more of them.
bool CryptoThreads::start() {
  const std::lock_guard lock(mutex_);
  try {
    while (threads_.size() < count_)
      threads_.emplace_back([this] { run(); });
  } catch (const std::system_error& error) {
    log::warnOncePerSecond("Could not start a thread for cryptography: {}", error.what());
  }
  return !threads_.empty();
}

void CryptoThreads::run() {
  yieldToShards();
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
    if (stopping_) return;
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    lock.lock();
  }
}

}  // namespace gannet::server
