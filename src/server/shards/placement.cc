#include "server/shards/placement.h"

#include "net/shard.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace gannet::server {
namespace {

constexpr auto kWindow = std::chrono::milliseconds(100);

}  // namespace

Placement::Placement(const std::vector<std::unique_ptr<net::Shard>>& shards, Count connections)
    : shards_(shards),
      connections_(std::move(connections)),
      samples_(shards.size()),
      sampled_(monoNow()) {}

void Placement::refresh() {
  const MonoTime now = monoNow();
  const auto window = now - sampled_;
  if (window < kWindow) return;
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    const auto cpu = shards_[i]->cpuTime();
    const auto used = (cpu - samples_[i].cpu).count() * 1000 / window.count();
    samples_[i] = {cpu, static_cast<std::uint32_t>(std::clamp<std::int64_t>(used, 0, 1000))};
  }
  sampled_ = now;
}

subject::ShardId Placement::leastBusy() const {
  const auto least =
      std::min_element(samples_.begin(), samples_.end(),
                       [](const Sample& a, const Sample& b) { return a.load < b.load; });
  return static_cast<subject::ShardId>(least - samples_.begin());
}

subject::ShardId Placement::choose() {
  const std::lock_guard lock(mutex_);
  refresh();
  std::optional<subject::ShardId> emptiest;
  std::size_t fewest = SIZE_MAX;
  for (std::size_t i = 0; i < samples_.size(); ++i) {
    if (samples_[i].load >= kFull) continue;
    const auto shard = static_cast<subject::ShardId>(i);
    const std::size_t count = connections_(shard);
    if (count < kTogether) return shard;
    if (count >= fewest) continue;
    emptiest = shard;
    fewest = count;
  }
  return emptiest.value_or(leastBusy());
}

std::uint32_t Placement::load(subject::ShardId shard) {
  const std::lock_guard lock(mutex_);
  refresh();
  return samples_[shard].load;
}

}  // namespace gannet::server
