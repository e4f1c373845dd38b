#include "server/session/crypto_threads.h"

#include "base/clock.h"
#include "base/log.h"

#include <system_error>
#include <utility>

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

namespace gannet::server {
namespace {

// What a thread of the crew falls back to where it may not be idle by class.
constexpr int kCrewNice = 10;

// A quarter of a core that a shard keeps busy.
constexpr int kHelperNice = 5;

// How often the helper looks whether the crew gets on, and how long it works before it looks again:
// the time that a crowd may stand still on a machine without a core to spare.
constexpr std::chrono::nanoseconds kReview = std::chrono::milliseconds(50);

// A crew that gets less than this part of one core is not getting on.
constexpr int kStarvedPart = 8;

void setNice(int nice) {
  // On Linux a thread has a nice value of its own.
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), nice);
}

// Of all classes this alone is preempted at once by whoever wakes up: one that is only nice keeps
// its core for a slice, and messages wait for milliseconds.
void takeOnlySpareTime() {
  setNice(kCrewNice);
  const sched_param parameters{};
  ::sched_setscheduler(0, SCHED_IDLE, &parameters);
}

timespec toTimespec(std::chrono::nanoseconds time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
  return {seconds.count(), (time - seconds).count()};
}

// Waits are cut short by signals.
void await(sem_t& semaphore) {
  while (::sem_wait(&semaphore) != 0) {
  }
}

std::chrono::nanoseconds timeOf(const std::vector<clockid_t>& clocks) {
  std::chrono::nanoseconds sum{0};
  for (const clockid_t clock : clocks) {
    timespec time{};
    if (::clock_gettime(clock, &time) != 0) continue;
    sum += std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  }
  return sum;
}

}  // namespace

CryptoThreads::CryptoThreads(std::size_t count) : count_(count) {
  ::sem_init(&waiting_, 0, 0);
  ::sem_init(&alarm_, 0, 0);
}

CryptoThreads::~CryptoThreads() {
  stopping_.store(true);
  ::sem_post(&alarm_);
  // One for each thread: the helper may take one before it knows.
  for (std::size_t i = 0; i < threads_.size(); ++i)
    ::sem_post(&waiting_);
  for (std::thread& thread : threads_)
    thread.join();
  ::sem_destroy(&waiting_);
  ::sem_destroy(&alarm_);
}

void CryptoThreads::submit(Task task, Queue& queue) {
  if (!start()) return task();
  queue.submitted.add(std::move(task));
  ::sem_post(&waiting_);
  if (helper_sleeps_.load() && helper_sleeps_.exchange(false)) ::sem_post(&alarm_);
}

// False if there is not a single thread: the system may have no more of them.
bool CryptoThreads::start() {
  if (is_complete_.load(std::memory_order_acquire)) return true;
  const std::lock_guard lock(start_mutex_);
  try {
    while (threads_.size() < count_)
      threads_.emplace_back([this] { run(); });
    std::vector<clockid_t> crew(count_);
    for (std::size_t i = 0; i < count_; ++i)
      ::pthread_getcpuclockid(threads_[i].native_handle(), &crew[i]);
    if (threads_.size() == count_) threads_.emplace_back([this, crew] { runHelper(crew); });
    is_complete_.store(true, std::memory_order_release);
  } catch (const std::system_error& error) {
    log::warnOncePerSecond("Could not start a thread for cryptography: {}", error.what());
  }
  return !threads_.empty();
}

void CryptoThreads::run() {
  ::pthread_setname_np(::pthread_self(), "crypto");
  takeOnlySpareTime();
  while (true) {
    if (::sem_trywait(&waiting_) != 0) {
      was_idle_.store(true);
      await(waiting_);
    }
    if (stopping_.load()) return;
    runNext();
  }
}

// Whoever took one from `waiting_` finds a task.
void CryptoThreads::runNext() {
  Task task;
  {
    const std::lock_guard lock(mutex_);
    for (Queue* const queue : {&begun_, &new_}) {
      queue->submitted.takeAll(
          [queue](Task submitted) { queue->taken.push_back(std::move(submitted)); });
    }
    std::deque<Task>& first = begun_.taken.empty() ? new_.taken : begun_.taken;
    task = std::move(first.front());
    first.pop_front();
  }
  task();
}

bool CryptoThreads::hasWaiting() {
  int count = 0;
  ::sem_getvalue(&waiting_, &count);
  return count > 0;
}

void CryptoThreads::runHelper(const std::vector<clockid_t>& crew) {
  ::pthread_setname_np(::pthread_self(), "crypto-helper");
  setNice(kHelperNice);
  bool is_needed = false;
  while (!stopping_.load()) {
    helper_sleeps_.store(true);
    if (hasWaiting()) {
      helper_sleeps_.store(false);
    } else {
      is_needed = false;
      await(alarm_);
    }
    was_idle_.store(false);
    const MonoTime began = monoNow();
    const auto before = timeOf(crew);
    is_needed ? helpFor(kReview) : pauseFor(kReview);
    const auto part = (monoNow() - began) / kStarvedPart;
    is_needed = !was_idle_.load() && timeOf(crew) - before < part;
  }
}

void CryptoThreads::helpFor(std::chrono::nanoseconds period) {
  const MonoTime end = monoNow() + period;
  while (!stopping_.load() && monoNow() < end) {
    if (::sem_trywait(&waiting_) != 0) return was_idle_.store(true);
    runNext();
  }
}

void CryptoThreads::pauseFor(std::chrono::nanoseconds period) {
  const MonoTime end = monoNow() + period;
  while (!stopping_.load() && monoNow() < end) {
    const timespec until = toTimespec(end.time_since_epoch());
    ::sem_clockwait(&alarm_, CLOCK_MONOTONIC, &until);  // an alarm changes nothing now
  }
}

}  // namespace gannet::server
