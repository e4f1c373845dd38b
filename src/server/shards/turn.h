#pragma once

#include "base/clock.h"
#include "net/event_loop.h"
#include "net/timer_wheel.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gannet::server {

class Balance;
class Shard;
struct Session;

// What a shard does in a turn of its loop, and in which order: reads what sessions sent, closes,
// flushes, hands messages to other shards, watches memory. What may delay what stands in
// ARCHITECTURE.md, "Shards, posted tasks and the turn".
//
// Threads  The shard's, but for the constructor.
class Turn final : public net::TurnHooks {
 public:
  // `balance` is null if there is no other shard. Both outlive the turn.
  Turn(Shard& shard, Balance* balance) : shard_(shard), balance_(balance) {}

  // Those that woke are read once each; those that are behind share the turn's time; those that are
  // new here take a part of it.
  void serveReady() override;

  // Nothing that was caused in the turn waits longer than this for its output to leave.
  bool endTurn() override;

 private:
  void serve(Session& session, std::size_t limit);
  void serveWoken();
  void serveBehind(MonoTime end);
  void serveNewcomers();
  void sendDuePings();
  void disconnectFinished();
  void watchMemory();
  void watchSpareBuffers();
  void freeUnusedSpareBuffers();

  Shard& shard_;
  Balance* balance_;
  std::vector<Session*> serving_;
  MonoTime largest_published_{};
  std::int64_t relieve_from_ = 0;  // held bytes from which memory is relieved again at once
  MonoTime relieve_at_{};          // or when
  std::uint64_t spare_taken_ = 0;  // when the watch of spare buffers began
  net::Timer spare_timer_;
};

}  // namespace gannet::server
