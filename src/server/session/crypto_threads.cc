#include "server/session/crypto_threads.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/machine/heap.h"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

namespace gannet::server {
namespace {

// How much nicer than a shard a thread of the crew is where it may not be idle by class.
constexpr int kCrewNice = 10;

// And the helper: it gets a quarter of a core that a shard keeps busy.
constexpr int kHelperNice = 5;

// A crew that gets less than this part of one core is not getting on.
constexpr int kStarvedPart = 8;

// The helper works on for so many reviews once it was needed: whoever comes alone to a machine
// without a core to spare need not wait for a review at each step.
constexpr int kReviewsHelped = 20;

// One that is new is taken behind so many that go on, so that nobody who sends his part byte by
// byte keeps the others out.
constexpr int kMostAhead = 8;

// After so long without work a thread gives back what its heap has freed.
constexpr std::chrono::nanoseconds kTrimDelay = std::chrono::seconds(2);

// More than once: shards and others of the crew free what is of its heap when they give back.
constexpr int kTrims = 2;

void beNicer(int by) {
  // On Linux a thread has a nice value of its own.
  const auto self = static_cast<id_t>(::gettid());
  ::setpriority(PRIO_PROCESS, self, ::getpriority(PRIO_PROCESS, self) + by);
}

// Of all classes this alone is preempted at once by whoever wakes up: one that is only nice keeps
// its core for a slice, and messages wait for milliseconds.
void takeOnlySpareTime() {
  beNicer(kCrewNice);
  const sched_param parameters{};
  ::sched_setscheduler(0, SCHED_IDLE, &parameters);
}

timespec toTimespec(std::chrono::nanoseconds time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
  return {seconds.count(), (time - seconds).count()};
}

// Signals cut a wait short.
void await(sem_t& semaphore) {
  while (::sem_wait(&semaphore) != 0) {
  }
}

// False if nothing came until then.
bool awaitUntil(sem_t& semaphore, MonoTime end) {
  const timespec until = toTimespec(end.time_since_epoch());
  while (::sem_clockwait(&semaphore, CLOCK_MONOTONIC, &until) != 0) {
    if (errno != EINTR) return false;
  }
  return true;
}

// For a wait that may be the night's: then this thread's heap is small.
void awaitLong(sem_t& semaphore) {
  for (int trims = 0; trims < kTrims; ++trims) {
    if (awaitUntil(semaphore, monoNow() + kTrimDelay)) return;
    trimHeap();
  }
  await(semaphore);
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

CryptoThreads::CryptoThreads(std::size_t count, std::chrono::nanoseconds review)
    : count_(count), review_(review) {
  ::sem_init(&tokens_, 0, 0);
  ::sem_init(&alarm_, 0, 0);
}

CryptoThreads::~CryptoThreads() {
  stopping_.store(true);
  ::sem_post(&alarm_);
  // One for each thread: the helper may take one before it knows.
  for (std::size_t i = 0; i < threads_.size(); ++i)
    ::sem_post(&tokens_);
  for (std::thread& thread : threads_)
    thread.join();
  ::sem_destroy(&tokens_);
  ::sem_destroy(&alarm_);
}

void CryptoThreads::submit(Task task, Queue& queue) {
  if (!start()) return task();
  queue.submitted.add(std::move(task));
  waiting_.fetch_add(1);
  ::sem_post(&tokens_);
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

// Who has a token finds a task, or the end.
bool CryptoThreads::takeToken() {
  if (::sem_trywait(&tokens_) == 0) return true;
  was_idle_.store(true);
  return false;
}

void CryptoThreads::awaitToken() {
  if (!takeToken()) awaitLong(tokens_);
}

void CryptoThreads::run() {
  ::pthread_setname_np(::pthread_self(), "crypto");
  takeOnlySpareTime();
  while (true) {
    awaitToken();
    if (stopping_.load()) return;
    runNext();
  }
}

void CryptoThreads::runNext() {
  Task task = takeNext();
  waiting_.fetch_sub(1);
  task();
}

Task CryptoThreads::takeNext() {
  const std::lock_guard lock(mutex_);
  for (Queue* const queue : {&begun_, &new_}) {
    queue->submitted.takeAll(
        [queue](Task submitted) { queue->taken.push_back(std::move(submitted)); });
  }
  const bool is_their_turn = ahead_ >= kMostAhead && !new_.taken.empty();
  const bool goes_on = !begun_.taken.empty() && !is_their_turn;
  ahead_ = goes_on ? ahead_ + 1 : 0;
  std::deque<Task>& queue = goes_on ? begun_.taken : new_.taken;
  Task task = std::move(queue.front());
  queue.pop_front();
  return task;
}

void CryptoThreads::runHelper(const std::vector<clockid_t>& crew) {
  ::pthread_setname_np(::pthread_self(), "crypto-helper");
  beNicer(kHelperNice);
  int reviews_to_help = 0;
  while (!stopping_.load()) {
    helper_sleeps_.store(true);
    if (waiting_.load() > 0) {
      helper_sleeps_.store(false);
    } else {
      awaitLong(alarm_);
    }
    was_idle_.store(false);
    const MonoTime began = monoNow();
    const auto before = timeOf(crew);
    reviews_to_help > 0 ? help() : pause();
    const auto least = (monoNow() - began) / kStarvedPart;
    const bool is_starved = !was_idle_.load() && timeOf(crew) - before < least;
    reviews_to_help = is_starved ? kReviewsHelped : std::max(reviews_to_help - 1, 0);
  }
}

void CryptoThreads::help() {
  const MonoTime end = monoNow() + review_;
  while (monoNow() < end && takeToken() && !stopping_.load())
    runNext();
}

void CryptoThreads::pause() {
  const MonoTime end = monoNow() + review_;
  while (!stopping_.load() && monoNow() < end)
    awaitUntil(alarm_, end);  // an alarm changes nothing now
}

}  // namespace gannet::server
