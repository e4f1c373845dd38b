#pragma once

#include "server/message/subscription.h"

#include <cstddef>
#include <span>

namespace gannet::server {

class Shard;
struct Session;

// True if the session is in no state that binds it to its shard: open, neither paused nor waiting
// for its socket, and with so few subscriptions that giving them away takes little time.
[[nodiscard]] bool isMovable(const Session& session);

// From where to where sessions move.
struct MovePair {
  Shard& from;
  Shard& to;
};

// Gives those of the named sessions that are movable, as they are, to another shard, under new
// names. Nothing is lost, doubled or overtaken, whoever sends to them or gets from them.
//
// Threads  The thread of `from`, between two operations, with the gate passed (MoveGate). Halts the
//          others meanwhile.
// Returns  How many moved.
std::size_t moveSessions(const MovePair& pair, std::span<const SessionId> movers);

}  // namespace gannet::server
