#pragma once

#include "base/clock.h"
#include "server/state/session.h"
#include "subject/receiver.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace gannet::server {

class MoveGate;
class Placement;
class Shard;

// Moves connections from a shard that is full to one with room: those that came while the server
// was quiet and then got busy. Who talks to each other moves together, see pickMovers().
//
// Threads  Its shard's, but for the constructor. Moving halts the others: each finishes its turn.
// Cost     Ten times a second the loads of all shards; while this one is full, at intervals up to
//          some seconds, for a tenth of a second a note of each connection that is active.
class Balance {
 public:
  // `peers` are the shards by shard. All outlive the balance.
  Balance(Shard& shard, std::vector<Shard*> peers, Placement& placement, MoveGate& gate);

  // At each turn's end. True if connections have left, so that another turn should follow at once.
  bool look();

 private:
  struct Imbalance {
    Shard* shard;
    std::uint32_t own;    // the load of this shard, in 1/1000 of a core
    std::uint32_t least;  // that of the target
  };

  [[nodiscard]] std::optional<Imbalance> target() const;
  void observe();
  void forget();
  [[nodiscard]] std::vector<SessionId> choose(const Imbalance& target) const;
  [[nodiscard]] bool isBound(const Session& session) const;
  std::size_t moveSome(const Imbalance& target);

  Shard& shard_;
  std::vector<Shard*> peers_;
  Placement& placement_;
  MoveGate& gate_;
  MonoTime next_look_{};
  std::chrono::nanoseconds pause_;  // until the next look
};

}  // namespace gannet::server
