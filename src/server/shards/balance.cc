#include "server/shards/balance.h"

#include "base/log.h"
#include "base/machine/idle_time.h"
#include "server/shards/move.h"
#include "server/shards/move_gate.h"
#include "server/shards/pick_movers.h"
#include "server/shards/placement.h"
#include "server/shards/worker.h"

#include <algorithm>
#include <utility>

namespace gannet::server {
namespace {

using std::chrono::nanoseconds;

constexpr nanoseconds kLookInterval = std::chrono::milliseconds(100);
constexpr nanoseconds kLongestPause = std::chrono::seconds(5);

// Moving helps only if the machine has a core to spare.
constexpr double kIdleCores = 0.5;

// What a connection's work costs, about: enough to compare one with another.
nanoseconds workOf(const Traffic& before, const Traffic& now) {
  constexpr std::uint64_t kInNs = 20;
  constexpr std::uint64_t kOutNs = 30;
  constexpr std::uint64_t kCallNs = 3000;
  constexpr std::uint64_t kBytesPerNs = 8;
  const std::uint64_t calls = now.reads - before.reads + now.writes - before.writes;
  const std::uint64_t bytes = now.in_bytes - before.in_bytes + now.out_bytes - before.out_bytes;
  const std::uint64_t ns = (now.in_msgs - before.in_msgs) * kInNs +
                           (now.out_msgs - before.out_msgs) * kOutNs + calls * kCallNs +
                           bytes / kBytesPerNs;
  return nanoseconds(static_cast<std::int64_t>(ns));
}

}  // namespace

Balance::Balance(Worker& worker, std::vector<Worker*> peers, Placement& placement, MoveGate& gate)
    : worker_(worker),
      peers_(std::move(peers)),
      placement_(placement),
      gate_(gate),
      pause_(kLookInterval) {}

bool Balance::look() {
  const MonoTime now = worker_.shard.now();
  if (now < next_look_ || worker_.is_stopping) return false;
  const auto found = target();
  const bool has_moved = found && !observed_.empty() && moveSome(*found);
  const bool is_in_vain = found && !observed_.empty() && !has_moved;
  pause_ = is_in_vain ? std::min(pause_ * 2, kLongestPause) : kLookInterval;
  next_look_ = now + pause_;
  if (found && !has_moved) {
    observe();
  } else {
    observed_.clear();
  }
  return has_moved;
}

// The least busy shard, if it has so much more room than this one that moving pays.
std::optional<Balance::Target> Balance::target() const {
  const std::vector<std::uint32_t> loads = placement_.loads();
  const std::uint32_t own = loads[worker_.shard.id()];
  const auto least = std::min_element(loads.begin(), loads.end());
  if (own < Placement::kFull || *least > own / 2) return std::nullopt;
  return Target{peers_[static_cast<std::size_t>(least - loads.begin())],
                static_cast<double>(own - *least) / 2 / own};
}

void Balance::observe() {
  observed_.clear();
  worker_.forEachSession(
      [this](const Session& session) { observed_.emplace(session.cid, session.traffic); });
  idle_time_ = machineIdleTime().value_or(nanoseconds(0));
  observed_at_ = worker_.shard.now();
}

// Those whose leaving would bring relief, by what they did since observe().
std::vector<SessionId> Balance::choose(double excess) {
  std::vector<const Session*> sessions;
  std::vector<Activity> activities;
  boost::unordered_flat_map<const Session*, std::size_t> places;
  nanoseconds sum{0};
  worker_.forEachSession([&](const Session& session) {
    const auto before = observed_.find(session.cid);
    if (before == observed_.end()) return;
    const nanoseconds work = workOf(before->second, session.traffic);
    if (work.count() == 0) return;
    sum += work;
    places.emplace(&session, sessions.size());
    sessions.push_back(&session);
    activities.push_back({.in_msgs = session.traffic.in_msgs - before->second.in_msgs,
                          .out_msgs = session.traffic.out_msgs - before->second.out_msgs,
                          .work = work,
                          .is_bound = !isMovable(session)});
  });
  const auto place_of = [&places](const Session* session) {
    const auto found = places.find(session);
    return found == places.end() ? Activity::kNobody : found->second;
  };
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    activities[i].source = place_of(sessions[i]->traffic.source);
    activities[i].sink = place_of(sessions[i]->traffic.sink);
  }
  const nanoseconds wanted(static_cast<std::int64_t>(static_cast<double>(sum.count()) * excess));
  std::vector<SessionId> movers;
  for (const std::size_t place : pickMovers(activities, wanted))
    movers.push_back(sessions[place]->id);
  return movers;
}

bool Balance::moveSome(const Target& target) {
  const auto idle = machineIdleTime().value_or(nanoseconds(0)) - idle_time_;
  const auto window = worker_.shard.now() - observed_at_;
  if (static_cast<double>(idle.count()) < kIdleCores * static_cast<double>(window.count())) {
    return false;
  }
  const std::vector<SessionId> movers = choose(target.excess);
  if (movers.empty()) return false;
  std::size_t moved = 0;
  gate_.passIfOpen([&] { moved = moveSessions({worker_, *target.shard, peers_}, movers); });
  log::debug("Moved {} connections from shard {} to shard {}", moved, worker_.shard.id(),
             target.shard->shard.id());
  return moved > 0;
}

}  // namespace gannet::server
