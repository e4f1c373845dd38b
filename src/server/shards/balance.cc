#include "server/shards/balance.h"

#include "base/log.h"
#include "server/shards/move.h"
#include "server/shards/move_gate.h"
#include "server/shards/pick_movers.h"
#include "server/shards/placement.h"
#include "server/state/shard.h"

#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <utility>

namespace gannet::server {
namespace {

using std::chrono::nanoseconds;

constexpr nanoseconds kLookInterval = std::chrono::milliseconds(100);
constexpr nanoseconds kLongestPause = std::chrono::seconds(5);
constexpr nanoseconds kStay = std::chrono::seconds(10);  // of who has moved

// What a connection's work costs, roughly: to compare one with another, nothing is measured here.
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

Balance::Balance(Shard& shard, std::vector<Shard*> peers, Placement& placement, MoveGate& gate)
    : shard_(shard),
      peers_(std::move(peers)),
      placement_(placement),
      gate_(gate),
      pause_(kLookInterval) {}

bool Balance::look() {
  const MonoTime now = shard_.loop.now();
  if (now < next_look_ || shard_.is_stopping) return false;
  const auto found = target();
  const bool had_observed = shard_.is_observed;
  std::size_t moved = 0;
  if (!found) pause_ = kLookInterval;
  if (found && had_observed) {
    moved = moveSome(*found);
    // What does not help now will hardly help in a moment.
    pause_ = moved > 0 ? kLookInterval : std::min(pause_ * 2, kLongestPause);
  }
  forget();
  if (found && !had_observed) observe();
  next_look_ = now + (shard_.is_observed ? kLookInterval : pause_);
  return moved > 0;
}

// The least busy shard, if it is so much less busy that moving pays.
std::optional<Balance::Imbalance> Balance::target() const {
  const std::vector<std::uint32_t> loads = placement_.loads();
  const std::uint32_t own = loads[shard_.loop.id()];
  const auto least = std::min_element(loads.begin(), loads.end());
  if (own < Placement::kFull || *least > own / 2) return std::nullopt;
  return Imbalance{peers_[static_cast<std::size_t>(least - loads.begin())], own, *least};
}

void Balance::observe() {
  ++shard_.observation;
  shard_.is_observed = true;
}

void Balance::forget() {
  shard_.observed = {};
  shard_.is_observed = false;
}

// Who has just come would come back if it was taken for smaller or larger than it is.
bool Balance::isBound(const Session& session) const {
  const bool is_new = session.moved != MonoTime{} && shard_.loop.now() - session.moved < kStay;
  return is_new || !isMovable(session);
}

// Those whose leaving would bring relief, by what they did since observe().
std::vector<SessionId> Balance::choose(const Imbalance& target) const {
  std::vector<const Session*> sessions;
  std::vector<Activity> activities;
  boost::unordered_flat_map<const Session*, std::size_t> places;
  nanoseconds sum{0};
  for (const auto& [id, before] : shard_.observed) {
    const Session* const session = shard_.find(id);
    if (session == nullptr) continue;
    const Traffic& now = session->traffic;
    places.emplace(session, sessions.size());
    sessions.push_back(session);
    activities.push_back({.work = workOf(before, now), .is_bound = isBound(*session)});
    sum += activities.back().work;
  }
  const auto place_of = [&places](const Session* session) {
    const auto found = places.find(session);
    return found == places.end() ? Activity::kNobody : found->second;
  };
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    activities[i].sender = place_of(sessions[i]->traffic.latest_sender);
    activities[i].receiver = place_of(sessions[i]->traffic.latest_receiver);
  }
  // The part of this shard's work by which the two would be even.
  const nanoseconds excess = sum * (target.own - target.least) / 2 / target.own;
  std::vector<SessionId> movers;
  for (const std::size_t place : pickMovers(activities, excess))
    movers.push_back(sessions[place]->id);
  return movers;
}

// Returns how many moved.
std::size_t Balance::moveSome(const Imbalance& target) {
  std::size_t moved = 0;
  gate_.passIfOpen([&] {
    const std::vector<SessionId> movers = choose(target);
    if (!movers.empty()) moved = moveSessions({shard_, *target.shard}, movers);
  });
  if (moved == 0) return 0;
  const ShardId from = shard_.loop.id();
  const ShardId to = target.shard->loop.id();
  placement_.noteMoved(from, to, (target.own - target.least) / 2);
  log::debug("Moved {} connections from shard {} to shard {}", moved, from, to);
  return moved;
}

}  // namespace gannet::server
