#include "server/state/crypto_threads.h"

#include "base/log.h"
#include "base/machine/fatal_signal.h"
#include "base/machine/heap.h"

#include <chrono>
#include <system_error>

#include <pthread.h>

namespace gannet::server {
namespace {

// One that is new is taken behind so many that go on, so that nobody who sends his part byte by
// byte keeps the others out.
constexpr int kMostAhead = 8;

// After so long without work a thread gives back what its heap has freed.
constexpr auto kTrimDelay = std::chrono::seconds(2);

// More than once: shards and other threads free what is of its heap when they give back.
constexpr int kTrims = 2;

}  // namespace

CryptoThreads::CryptoThreads(std::size_t count) : count_(count) {}

CryptoThreads::~CryptoThreads() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_)
    thread.join();
}

void CryptoThreads::submit(Task task, std::deque<Task>& queue) {
  Lock lock(mutex_);
  if (!start()) {
    lock.unlock();
    return task();
  }
  queue.push_back(std::move(task));
  lock.unlock();
  changed_.notify_one();
}

// False if there is not a single thread: the system may have no more of them.
bool CryptoThreads::start() {
  try {
    while (threads_.size() < count_)
      threads_.emplace_back([this] { run(); });
  } catch (const std::system_error& error) {
    log::oncePerSecond(log::Level::warning,
                       fmt::format("Could not start a thread for cryptography: {}", error.what()));
  }
  return !threads_.empty();
}

void CryptoThreads::run() {
  ::pthread_setname_np(::pthread_self(), "crypto");
  prepareForFatalSignals();
  Lock lock(mutex_);
  while (true) {
    awaitTask(lock);
    if (stopping_) return;
    Task task = takeNext();
    lock.unlock();
    task();
    task = {};
    // A message that waits for this core need not wait for the end of a slice, of milliseconds.
    std::this_thread::yield();
    lock.lock();
  }
}

// Returns with a task, or at the end.
void CryptoThreads::awaitTask(Lock& lock) {
  const auto isDue = [this] { return stopping_ || !begun_.empty() || !new_.empty(); };
  for (int trims = 0; trims < kTrims; ++trims) {
    if (changed_.wait_for(lock, kTrimDelay, isDue)) return;
    lock.unlock();
    trimHeap();  // the wait that follows may be the night's
    lock.lock();
  }
  changed_.wait(lock, isDue);
}

Task CryptoThreads::takeNext() {
  const bool is_their_turn = ahead_ >= kMostAhead && !new_.empty();
  const bool goes_on = !begun_.empty() && !is_their_turn;
  ahead_ = goes_on ? ahead_ + 1 : 0;
  std::deque<Task>& queue = goes_on ? begun_ : new_;
  Task task = std::move(queue.front());
  queue.pop_front();
  return task;
}

}  // namespace gannet::server
