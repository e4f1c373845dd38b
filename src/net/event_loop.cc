#include "net/event_loop.h"

#include "base/machine/fatal_signal.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>

#include <pthread.h>

namespace gannet::net {
namespace {

constexpr auto kTaskTime = std::chrono::milliseconds(2);  // of a turn, for what all peers posted

constexpr int kSidePart = 16;
constexpr std::chrono::nanoseconds kLeastSideTime = std::chrono::microseconds(50);

}  // namespace

EventLoop::EventLoop(ShardId id, std::size_t count)
    : id_(id), now_(monoNow()), wheel_(now_), spilled_to_(count), to_wake_(count, 0) {
  posted_by_.reserve(count);
  for (std::size_t sender = 0; sender < count; ++sender) {
    posted_by_.push_back(sender == id ? nullptr : std::make_unique<TaskQueue>());
  }
}

EventLoop::~EventLoop() {
  stop();
  join();
}

void EventLoop::introduce(const std::vector<std::unique_ptr<EventLoop>>& all) {
  for (const auto& shard : all)
    peers_.push_back(shard.get());
}

void EventLoop::start(TurnHooks& hooks) {
  thread_ = std::thread([this, &hooks] {
    prepareForFatalSignals();
    run(hooks);
  });
  pthread_setname_np(thread_.native_handle(), fmt::format("shard-{}", id_).c_str());
}

void EventLoop::stop() {
  stopping_.store(true);
  wake();
}

void EventLoop::join() {
  if (thread_.joinable()) thread_.join();
}

void EventLoop::run(TurnHooks& hooks) {
  pthread_getcpuclockid(pthread_self(), &cpu_clock_);
  has_clock_.store(true, std::memory_order_release);
  while (!stopping_.load(std::memory_order_relaxed)) {
    sleepUntilReady();
    takeTurn(hooks, monoNow());
  }
}

bool EventLoop::takeTurn(TurnHooks& hooks, MonoTime now) {
  const MonoTime last = std::exchange(now_, now);
  last_turn_ = is_busy_ ? now_ - last : std::chrono::nanoseconds(0);
  poller_.dispatch();  // notes what is ready; serveReady() does the work in a fair order
  hooks.serveReady();
  runPosted();
  wheel_.advance(now_);
  const bool has_ready = hooks.endTurn();
  flushSpilled();
  if (halted_for_ != nullptr) standStill();
  is_busy_ = std::exchange(ran_late_, false) || has_ready || more_posted_;
  return is_busy_;
}

std::chrono::nanoseconds EventLoop::sideTime() const {
  return std::max(last_turn_ / kSidePart, kLeastSideTime);
}

void EventLoop::sleepUntilReady() {
  if (is_busy_) return poller_.wait(std::chrono::nanoseconds(0));
  const auto look = wheel_.nextLook();
  poller_.wait(look ? std::optional(*look - now_) : std::nullopt);
}

void EventLoop::runPosted() {
  more_posted_ = false;
  if (!wake_requested_.load(std::memory_order_relaxed)) return;
  wake_requested_.exchange(false, std::memory_order_acq_rel);
  for (const auto& queue : posted_by_) {
    if (queue == nullptr) continue;
    const MonoTime end = monoNow() + kTaskTime / static_cast<int>(posted_by_.size());
    Task task;
    for (bool is_over = false; !is_over && queue->pop(task);) {
      task();
      is_over = monoNow() >= end;
    }
    if (!queue->isEmpty()) more_posted_ = true;
  }
  if (more_posted_) wake_requested_.store(true, std::memory_order_release);
  posted_tasks_.takeAll([](Task task) { task(); });
}

void EventLoop::post(ShardId target, Task task) {
  to_wake_[target] = 1;
  auto& spilled = spilled_to_[target];
  if (!spilled.empty() || !peers_[target]->posted_by_[id_]->push(task)) {
    spilled.push_back(std::move(task));
  }
}

void EventLoop::flushSpilled() {
  for (std::size_t target = 0; target < to_wake_.size(); ++target) {
    if (to_wake_[target] == 0) continue;
    auto& spilled = spilled_to_[target];
    while (!spilled.empty() && peers_[target]->posted_by_[id_]->push(spilled.front())) {
      spilled.pop_front();
    }
    to_wake_[target] = spilled.empty() ? 0 : 1;
    if (!spilled.empty()) more_posted_ = true;  // come back without sleeping
    peers_[target]->wake();
  }
}

// The request to stand still lies behind everything that this shard has posted before.
void EventLoop::haltOthers(Task task) {
  halted_.store(0, std::memory_order_relaxed);
  for (EventLoop* const peer : peers_) {
    if (peer != this) post(peer->id_, Task([peer, this] { peer->halted_for_ = this; }));
  }
  const std::size_t others = peers_.size() - 1;
  while (halted_.load(std::memory_order_acquire) < others) {
    flushSpilled();
    runPosted();
    std::this_thread::yield();
  }
  while (hasPosted())
    runPosted();
  ran_late_ = true;
  task();
  resumed_.fetch_add(1, std::memory_order_release);
  resumed_.notify_all();
}

// A marker from each of the others that are to stand still says that all they posted has run.
// Whoever waits for one goes on running what is posted and handing over, so nobody waits for ever.
void EventLoop::exchangeMarkers(const EventLoop& initiator) {
  std::size_t expected = 0;
  for (EventLoop* const peer : peers_) {
    if (peer == this || peer == &initiator) continue;
    post(peer->id_, Task([peer] { ++peer->markers_; }));
    ++expected;
  }
  const auto has_posted_left = [this] {
    return std::any_of(spilled_to_.begin(), spilled_to_.end(),
                       [](const auto& spilled) { return !spilled.empty(); });
  };
  flushSpilled();
  while (markers_ < expected || has_posted_left()) {
    std::this_thread::yield();
    runPosted();
    flushSpilled();
  }
  markers_ = 0;
  ran_late_ = true;
}

void EventLoop::standStill() {
  EventLoop& initiator = *std::exchange(halted_for_, nullptr);
  exchangeMarkers(initiator);
  const std::uint32_t before = initiator.resumed_.load(std::memory_order_relaxed);
  initiator.halted_.fetch_add(1, std::memory_order_release);
  initiator.resumed_.wait(before, std::memory_order_acquire);
}

void EventLoop::wake() {
  if (wake_requested_.exchange(true, std::memory_order_acq_rel)) return;
  poller_.wake();
}

void EventLoop::postFromOutside(Task task) {
  posted_tasks_.add(std::move(task));
  wake();
}

bool EventLoop::isCongested(ShardId target) const {
  return !spilled_to_[target].empty();
}

std::size_t EventLoop::postedCount() const {
  std::size_t count = 0;
  for (const auto& queue : posted_by_)
    count += queue == nullptr ? 0 : queue->size();
  return count;
}

bool EventLoop::hasPosted() const {
  return std::any_of(posted_by_.begin(), posted_by_.end(),
                     [](const auto& queue) { return queue != nullptr && !queue->isEmpty(); });
}

std::chrono::nanoseconds EventLoop::cpuTime() const {
  timespec time{};
  if (!has_clock_.load(std::memory_order_acquire)) return {};
  if (clock_gettime(cpu_clock_, &time) != 0) return {};
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace gannet::net
