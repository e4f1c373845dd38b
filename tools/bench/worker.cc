#include "bench/worker.h"

#include "base/assert.h"
#include "base/clock.h"
#include "bench/client/wire.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

namespace gannet::bench {
namespace {

// Large enough to take what a server writes at once, small enough for the cache to keep it.
constexpr std::size_t kReadBuffer = 256UL << 10U;
constexpr std::chrono::milliseconds kMaxWait{100};
// A rate is kept in steps of this, or the loop would turn once for each message.
constexpr std::chrono::microseconds kMinRateWait{50};
constexpr std::chrono::seconds kMaxSilence{10};

}  // namespace

// What run() remembers between the turns of its loop.
struct Worker::Phase {
  Flow& flow;
  std::span<Worker* const> crew;
  ProgressBar* progress;
  std::uint64_t pongs_wanted = 0;  // in all, once the last message is written
  bool is_fenced = false;
  bool is_retired = false;
  std::uint64_t pulse = 0;
  MonoTime alive{};  // when the pulse was last seen to change

  void wakeCrew() const {
    for (const Worker* const worker : crew)
      worker->wake();
  }

  Result<void, Error> watch(MonoTime now) {
    if (progress != nullptr) progress->update(now, flow.progress(now), flow.published());
    const std::uint64_t seen = flow.pulse();
    if (seen != std::exchange(pulse, seen)) alive = now;
    const std::uint64_t delivered = flow.delivered();  // first: what is expected only grows
    if (delivered > flow.expected()) return Error{"the server delivered messages twice"};
    if (now - alive < kMaxSilence) return {};
    return Error{"nothing happened for ten seconds; of " + std::to_string(flow.expected()) +
                 " deliveries " + std::to_string(flow.delivered()) + " arrived"};
  }

  // How long the loop may sleep when nothing happens.
  [[nodiscard]] std::chrono::nanoseconds patience(MonoTime now) const {
    const MonoTime due = flow.nextDue();
    if (is_fenced || due <= now) return kMaxWait;
    return std::clamp<std::chrono::nanoseconds>(due - now, kMinRateWait, kMaxWait);
  }
};

Worker::Worker(std::vector<Publisher> publishers, std::vector<Subscriber> subscribers)
    : publishers_(std::move(publishers)),
      subscribers_(std::move(subscribers)),
      buffer_(kReadBuffer) {
  std::uint64_t token = 0;
  for (const Publisher& one : publishers_) {
    poller_.add(one.fd(), EPOLLIN | EPOLLOUT | EPOLLET, token++);
  }
  for (const Subscriber& one : subscribers_)
    poller_.add(one.connection.fd(), EPOLLIN, token++);
}

std::uint64_t Worker::pongs() const {
  std::uint64_t sum = 0;
  for (const Publisher& one : publishers_)
    sum += one.pongs();
  return sum;
}

std::vector<std::uint64_t> Worker::received() const {
  std::vector<std::uint64_t> counts;
  for (const Subscriber& one : subscribers_)
    counts.push_back(one.inbound.counter().messages());
  return counts;
}

// Whether it wrote anything.
Result<bool, Error> Worker::push(Phase& phase, Publisher& publisher, MonoTime now) {
  if (!publisher.isWritable()) return false;
  if (publisher.isIdle()) {
    const std::uint64_t frames = phase.flow.reserve(publisher.loadable(), now);
    if (frames == 0) return false;
    publisher.load(static_cast<std::size_t>(frames));
  }
  const auto written = publisher.write();
  if (!written.has_value()) return written.error();
  return true;
}

// One block for each publisher that may send one. Whether anything was written. Each turn begins
// with another publisher, or the first would take all that the window gives.
Result<bool, Error> Worker::publish(Phase& phase, MonoTime now) {
  const std::size_t count = publishers_.size();
  bool has_written = false;
  for (std::size_t i = 0; i < count; ++i) {
    const auto pushed = push(phase, publishers_[(first_ + i) % count], now);
    if (!pushed) return pushed;
    has_written = has_written || *pushed;
  }
  ++first_;
  return has_written;
}

// After the last message a PING from each publisher: its PONG says that the server has seen all.
void Worker::fence(Phase& phase, MonoTime now) {
  if (!phase.is_fenced && phase.flow.isOver(now)) {
    for (Publisher& publisher : publishers_)
      publisher.say(kPing);
    phase.is_fenced = true;
  }
  if (phase.is_fenced && !phase.is_retired && pongs() == phase.pongs_wanted) {
    phase.is_retired = true;
    phase.flow.onRetired();
  }
}

Result<void, Error> Worker::onDeliveries(Phase& phase, Subscriber& subscriber) {
  const std::uint64_t before = subscriber.inbound.counter().messages();
  const auto got = subscriber.inbound.receive(subscriber.connection, buffer_);
  if (!got) return Error{"a subscriber: " + got.error().text};
  for (std::uint64_t ping = subscriber.inbound.takePings(); ping > 0; --ping) {
    // A subscriber says nothing else: there is always room for this.
    if (subscriber.connection.send(kPong).size != kPong.size()) {
      return Error{"a subscriber's connection broke"};
    }
  }
  phase.flow.onDelivered(subscriber.inbound.counter().messages() - before);
  return {};
}

Result<void, Error> Worker::onEvent(Phase& phase, const epoll_event& event) {
  const auto index = static_cast<std::size_t>(event.data.u64);
  if (index >= publishers_.size()) {
    return onDeliveries(phase, subscribers_[index - publishers_.size()]);
  }
  Publisher& publisher = publishers_[index];
  if ((event.events & EPOLLOUT) != 0) publisher.setWritable();
  if ((event.events & ~static_cast<std::uint32_t>(EPOLLOUT)) == 0) return {};
  for (;;) {  // edge-triggered: to the last byte
    const auto got = publisher.read(buffer_);
    if (!got) return got.error();
    if (*got == 0) return {};
  }
}

Result<void, Error> Worker::loop(Phase& phase) {
  while (!phase.flow.isAbandoned()) {
    const MonoTime now = monoNow();
    fence(phase, now);
    const auto published = publish(phase, now);
    if (!published) return published.error();
    const auto watched = phase.watch(now);
    if (!watched.has_value()) return watched;
    if (phase.flow.isComplete()) return {};

    const std::uint64_t delivered = phase.flow.delivered();
    const auto events =
        poller_.wait(*published ? std::chrono::nanoseconds{0} : phase.patience(now));
    for (const epoll_event& event : events) {
      const auto handled = onEvent(phase, event);
      if (!handled.has_value()) return handled;
    }
    // What arrived here may be what another thread's publishers wait for.
    if (phase.crew.size() > 1 && phase.flow.delivered() != delivered) phase.wakeCrew();
  }
  return {};
}

Result<void, Error> Worker::run(Flow& flow, std::span<Worker* const> crew, ProgressBar* progress) {
  Phase phase{.flow = flow, .crew = crew, .progress = progress};
  phase.pongs_wanted = pongs() + publishers_.size();
  phase.alive = monoNow();
  const auto outcome = loop(phase);
  if (!outcome.has_value()) flow.abandon();
  phase.wakeCrew();
  return outcome;
}

}  // namespace gannet::bench
