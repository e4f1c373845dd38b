#include "bench/flow.h"

#include <algorithm>
#include <chrono>

namespace gannet::bench {

std::uint64_t Flow::windowSpace(std::uint64_t published) const {
  if (limits_.deliveries == 0) return UINT64_MAX;
  const std::uint64_t expected = published * limits_.deliveries;
  const std::uint64_t arrived = delivered_.load();
  const std::uint64_t in_flight = expected - std::min(arrived, expected);
  if (in_flight == 0) return std::max<std::uint64_t>(limits_.max_in_flight / limits_.deliveries, 1);
  const std::uint64_t space = limits_.max_in_flight - std::min(in_flight, limits_.max_in_flight);
  return space < limits_.max_in_flight / 4 ? 0 : space / limits_.deliveries;
}

std::uint64_t Flow::allowance(std::uint64_t published, MonoTime now) const {
  if (now >= limits_.end) return 0;
  std::uint64_t most = std::min(limits_.messages - published, windowSpace(published));
  if (limits_.rate > 0) {
    const std::chrono::duration<double> elapsed = now - limits_.begin;
    const auto due = static_cast<std::uint64_t>(elapsed.count() * limits_.rate) + 1;
    most = std::min(most, due - std::min(published, due));
  }
  return most;
}

std::uint64_t Flow::reserve(std::uint64_t wanted, MonoTime now) {
  std::uint64_t published = published_.load();
  for (;;) {
    const std::uint64_t taken = std::min(wanted, allowance(published, now));
    if (taken == 0) return 0;
    if (published_.compare_exchange_weak(published, published + taken)) return taken;
  }
}

bool Flow::isOver(MonoTime now) const {
  return now >= limits_.end || published() >= limits_.messages;
}

bool Flow::isComplete() const {
  return retired_.load() == limits_.workers && delivered() >= expected();
}

MonoTime Flow::nextDue() const {
  if (limits_.rate <= 0) return limits_.begin;
  const std::chrono::duration<double> due(static_cast<double>(published()) / limits_.rate);
  return limits_.begin + std::chrono::duration_cast<MonoTime::duration>(due);
}

double Flow::progress(MonoTime now) const {
  double share = 0;
  if (limits_.messages != UINT64_MAX) {
    share = static_cast<double>(published()) / static_cast<double>(limits_.messages);
  }
  if (limits_.end != MonoTime::max()) {
    const std::chrono::duration<double> elapsed = now - limits_.begin;
    const std::chrono::duration<double> whole = limits_.end - limits_.begin;
    share = std::max(share, whole.count() > 0 ? elapsed / whole : 1.0);
  }
  return share;
}

}  // namespace gannet::bench
