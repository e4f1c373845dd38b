#include "server/shards/placement.h"

#include "net/event_loop.h"

#include <algorithm>

namespace gannet::server {
namespace {

constexpr auto kWindow = std::chrono::milliseconds(100);

}  // namespace

Placement::Placement(const std::vector<std::unique_ptr<net::EventLoop>>& shards)
    : loops_(shards), samples_(shards.size()), sampled_(monoNow()) {}

void Placement::refresh() {
  const MonoTime now = monoNow();
  const auto window = now - sampled_;
  if (window < kWindow) return;
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    const auto cpu = loops_[i]->cpuTime();
    const auto used = (cpu - samples_[i].cpu).count() * 1000 / window.count();
    samples_[i] = {cpu, static_cast<std::uint32_t>(std::clamp<std::int64_t>(used, 0, 1000))};
  }
  sampled_ = now;
}

ShardId Placement::choose() {
  const std::lock_guard lock(mutex_);
  refresh();
  const auto has_room = [](const Sample& sample) { return sample.load < kFull; };
  auto chosen = std::find_if(samples_.begin(), samples_.end(), has_room);
  if (chosen == samples_.end()) {
    chosen = std::min_element(samples_.begin(), samples_.end(),
                              [](const Sample& a, const Sample& b) { return a.load < b.load; });
  }
  return static_cast<ShardId>(chosen - samples_.begin());
}

void Placement::noteMoved(ShardId from, ShardId to, std::uint32_t load) {
  const std::lock_guard lock(mutex_);
  samples_[from].load -= std::min(samples_[from].load, load);
  samples_[to].load += load;
}

std::vector<std::uint32_t> Placement::loads() {
  const std::lock_guard lock(mutex_);
  refresh();
  std::vector<std::uint32_t> loads;
  for (const Sample& sample : samples_)
    loads.push_back(sample.load);
  return loads;
}

}  // namespace gannet::server
