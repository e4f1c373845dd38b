#include "net/shard.h"

#include "base/machine/fatal_signal.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>

#include <pthread.h>

namespace gannet::net {
namespace {

constexpr int kMailPerTurn = 256;  // tasks of one peer before sockets get their turn again

constexpr int kSidePart = 16;
constexpr std::chrono::nanoseconds kLeastSideTime = std::chrono::microseconds(50);

}  // namespace

Shard::Shard(ShardId id, std::size_t count)
    : id_(id), now_(monoNow()), wheel_(now_), spilled_to_(count), to_wake_(count, 0) {
  mail_from_.reserve(count);
  for (std::size_t sender = 0; sender < count; ++sender) {
    mail_from_.push_back(sender == id ? nullptr : std::make_unique<Mail>());
  }
}

Shard::~Shard() {
  stop();
  join();
}

void Shard::introduce(const std::vector<std::unique_ptr<Shard>>& all) {
  for (const auto& shard : all)
    peers_.push_back(shard.get());
}

void Shard::start(TurnHooks& hooks) {
  thread_ = std::thread([this, &hooks] {
    prepareForFatalSignals();
    run(hooks);
  });
  pthread_setname_np(thread_.native_handle(), fmt::format("shard-{}", id_).c_str());
}

void Shard::stop() {
  stopping_.store(true);
  wake();
}

void Shard::join() {
  if (thread_.joinable()) thread_.join();
}

void Shard::run(TurnHooks& hooks) {
  pthread_getcpuclockid(pthread_self(), &cpu_clock_);
  has_clock_.store(true, std::memory_order_release);
  while (!stopping_.load(std::memory_order_relaxed)) {
    sleepUntilReady();
    takeTurn(hooks, monoNow());
  }
}

bool Shard::takeTurn(TurnHooks& hooks, MonoTime now) {
  const MonoTime last = std::exchange(now_, now);
  last_turn_ = is_busy_ ? now_ - last : std::chrono::nanoseconds(0);
  poller_.dispatch();  // notes what is ready; serveReady() does the work in a fair order
  hooks.serveReady();
  takeMail();
  wheel_.advance(now_);
  const bool has_ready = hooks.endTurn();
  sendMail();
  if (halted_for_ != nullptr) standStill();
  is_busy_ = std::exchange(took_late_mail_, false) || has_ready || more_mail_;
  return is_busy_;
}

std::chrono::nanoseconds Shard::sideTime() const {
  return std::max(last_turn_ / kSidePart, kLeastSideTime);
}

void Shard::sleepUntilReady() {
  if (is_busy_) return poller_.wait(std::chrono::nanoseconds(0));
  const auto look = wheel_.nextLook();
  poller_.wait(look ? std::optional(*look - now_) : std::nullopt);
}

void Shard::takeMail() {
  more_mail_ = false;
  if (!wake_requested_.load(std::memory_order_relaxed)) return;
  wake_requested_.exchange(false, std::memory_order_acq_rel);
  for (const auto& mail : mail_from_) {
    if (mail == nullptr) continue;
    Task task;
    int taken = 0;
    while (taken < kMailPerTurn && mail->pop(task)) {
      task();
      ++taken;
    }
    if (taken == kMailPerTurn) more_mail_ = true;
  }
  if (more_mail_) wake_requested_.store(true, std::memory_order_release);
  outside_mail_.takeAll([](Task task) { task(); });
}

void Shard::post(ShardId target, Task task) {
  to_wake_[target] = 1;
  auto& spilled = spilled_to_[target];
  if (!spilled.empty() || !peers_[target]->mail_from_[id_]->push(task)) {
    spilled.push_back(std::move(task));
  }
}

void Shard::sendMail() {
  for (std::size_t target = 0; target < to_wake_.size(); ++target) {
    if (to_wake_[target] == 0) continue;
    auto& spilled = spilled_to_[target];
    while (!spilled.empty() && peers_[target]->mail_from_[id_]->push(spilled.front())) {
      spilled.pop_front();
    }
    to_wake_[target] = spilled.empty() ? 0 : 1;
    if (!spilled.empty()) more_mail_ = true;  // come back without sleeping
    peers_[target]->wake();
  }
}

// The request to stand still lies behind everything that this shard has posted before.
void Shard::haltOthers(Task task) {
  halted_.store(0, std::memory_order_relaxed);
  for (Shard* const peer : peers_) {
    if (peer != this) post(peer->id_, Task([peer, this] { peer->halted_for_ = this; }));
  }
  const std::size_t others = peers_.size() - 1;
  while (halted_.load(std::memory_order_acquire) < others) {
    sendMail();
    takeMail();
    std::this_thread::yield();
  }
  while (hasMail())
    takeMail();
  took_late_mail_ = true;
  task();
  resumed_.fetch_add(1, std::memory_order_release);
  resumed_.notify_all();
}

// A marker from each of the others that are to stand still says that all their mail is in. Whoever
// waits for one goes on taking in mail and handing it over, so nobody waits for ever.
void Shard::exchangeMarkers(const Shard& initiator) {
  std::size_t expected = 0;
  for (Shard* const peer : peers_) {
    if (peer == this || peer == &initiator) continue;
    post(peer->id_, Task([peer] { ++peer->markers_; }));
    ++expected;
  }
  const auto has_mail_left = [this] {
    return std::any_of(spilled_to_.begin(), spilled_to_.end(),
                       [](const auto& spilled) { return !spilled.empty(); });
  };
  sendMail();
  while (markers_ < expected || has_mail_left()) {
    std::this_thread::yield();
    takeMail();
    sendMail();
  }
  markers_ = 0;
  took_late_mail_ = true;
}

void Shard::standStill() {
  Shard& initiator = *std::exchange(halted_for_, nullptr);
  exchangeMarkers(initiator);
  const std::uint32_t before = initiator.resumed_.load(std::memory_order_relaxed);
  initiator.halted_.fetch_add(1, std::memory_order_release);
  initiator.resumed_.wait(before, std::memory_order_acquire);
}

void Shard::wake() {
  if (wake_requested_.exchange(true, std::memory_order_acq_rel)) return;
  poller_.wake();
}

void Shard::postFromOutside(Task task) {
  outside_mail_.add(std::move(task));
  wake();
}

bool Shard::isCongested(ShardId target) const {
  return !spilled_to_[target].empty();
}

std::size_t Shard::mailCount() const {
  std::size_t count = 0;
  for (const auto& mail : mail_from_)
    count += mail == nullptr ? 0 : mail->size();
  return count;
}

bool Shard::hasMail() const {
  return std::any_of(mail_from_.begin(), mail_from_.end(),
                     [](const auto& mail) { return mail != nullptr && !mail->isEmpty(); });
}

std::chrono::nanoseconds Shard::cpuTime() const {
  timespec time{};
  if (!has_clock_.load(std::memory_order_acquire)) return {};
  if (clock_gettime(cpu_clock_, &time) != 0) return {};
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace gannet::net
