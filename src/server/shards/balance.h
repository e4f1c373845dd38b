#pragma once

#include "base/clock.h"
#include "server/session/session.h"
#include "subject/receiver.h"

#include <boost/unordered/unordered_flat_map.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace gannet::server {

class MoveGate;
class Placement;
class Worker;

// Moves connections from a shard that is full to one with room, while a core of the machine stands
// idle: those that came while the server was quiet and then got busy. Who talks to each other moves
// together, see pickMovers().
//
// Threads  Its shard's, but for the constructor. Moving halts the others for about a turn.
// Cost     While the shard is not full: one comparison a turn.
class Balance {
 public:
  // `peers` are the workers by shard. All outlive the balance.
  Balance(Worker& worker, std::vector<Worker*> peers, Placement& placement, MoveGate& gate);

  // At each turn's end. True if connections have left, so that another turn should follow at once.
  bool look();

 private:
  struct Target {
    Worker* shard;
    double excess;  // the share of this shard's work that should leave for it
  };

  [[nodiscard]] std::optional<Target> target() const;
  void observe();
  [[nodiscard]] std::vector<SessionId> choose(double excess);
  bool moveSome(const Target& target);

  Worker& worker_;
  std::vector<Worker*> peers_;
  Placement& placement_;
  MoveGate& gate_;
  MonoTime next_look_{};
  std::chrono::nanoseconds pause_;  // until the next look
  // What each connection had done when the shard was first seen full; empty: it was not.
  boost::unordered_flat_map<std::uint64_t, Traffic> observed_;  // by cid
  std::chrono::nanoseconds idle_time_{0};                       // of the machine, then
  MonoTime observed_at_{};
};

}  // namespace gannet::server
