#include "server/session/crypto_threads.h"

#include "base/log.h"

#include <chrono>
#include <cstdint>
#include <system_error>

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace gannet::server {
namespace {

// A tenth of a shard's share where both want the same core: messages come first, yet a crowd that
// reconnects to a busy server gets in.
constexpr int kNice = 10;

// How long such a thread keeps a core to itself when a shard wants it: the shortest that the
// kernel grants. Its own choice is some milliseconds, a long time for a message to wait.
constexpr std::chrono::nanoseconds kSlice = std::chrono::microseconds(100);

// The kernel's structure of this name, for which libc has neither declaration nor call.
struct SchedulingAttributes {
  static constexpr std::uint64_t kKeepPolicy = 8;

  std::uint32_t size = sizeof(SchedulingAttributes);
  std::uint32_t policy = SCHED_OTHER;
  std::uint64_t flags = kKeepPolicy;
  std::int32_t nice = kNice;
  std::uint32_t priority = 0;
  std::uint64_t runtime = kSlice.count();  // with SCHED_OTHER the slice, from Linux 6.12 on
  std::uint64_t deadline = 0;
  std::uint64_t period = 0;
};

// On Linux a thread has a nice value of its own. Where one of these fails, the threads are only
// less polite.
void yieldToShards() {
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice);
  const SchedulingAttributes attributes;
  static_cast<void>(::syscall(SYS_sched_setattr, 0, &attributes, 0U));
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
