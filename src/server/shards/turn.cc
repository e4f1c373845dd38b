#include "server/shards/turn.h"

#include "base/bytes/spare_buffers.h"
#include "server/delivery/closing.h"
#include "server/delivery/output.h"
#include "server/delivery/relay.h"
#include "server/session/input.h"
#include "server/session/keepalive.h"
#include "server/shards/balance.h"
#include "server/shards/memory_pressure.h"
#include "server/state/session.h"
#include "server/state/shard.h"
#include "server/state/shared.h"

#include <chrono>
#include <utility>
#include <vector>

namespace gannet::server {
namespace {

// How long a turn reads those that are behind, the reads before them included. What it causes is
// flushed, and what came meanwhile served, before they go on.
constexpr auto kReadTime = std::chrono::microseconds(500);

// A read of those that are many: some ten microseconds of work.
constexpr std::size_t kSmallRead = std::size_t{16} * 1024;
constexpr std::size_t kFewWoken = 8;

constexpr auto kLargestInterval = std::chrono::milliseconds(10);
constexpr auto kReliefInterval = std::chrono::milliseconds(10);

// Spare buffers that nobody took for so long are freed.
constexpr auto kSpareDelay = std::chrono::seconds(1);

}  // namespace

void Turn::serveReady() {
  serveWoken();
  serveBehind(shard_.loop.now() + kReadTime);
  serveNewcomers();
}

// One read of a session that is on no list of those to read any more.
void Turn::serve(Session& session, std::size_t limit) {
  session.is_ready = false;
  session.is_behind = serveInput(shard_, session, limit);
  if (session.is_behind) shard_.markReady(session);
  watchMemory();
}

// Each is read once, so that a short message never waits for the streams of others. Where they are
// many, whoever has more to say than fits into a small read joins those that are behind.
void Turn::serveWoken() {
  serving_.swap(shard_.todo.woken);
  const std::size_t limit = serving_.size() > kFewWoken ? kSmallRead : Shard::kReadSize;
  for (Session* const session : serving_)
    serve(*session, limit);
  serving_.clear();
}

// In a circle, as long as the turn's time lasts.
void Turn::serveBehind(MonoTime end) {
  while (!shard_.todo.behind.empty()) {
    Session& session = *shard_.todo.behind.front();
    shard_.todo.behind.pop_front();
    serve(session, Shard::kReadSize);
    if (monoNow() >= end) return;
  }
}

// A crowd that arrives takes its turns between those of the others.
void Turn::serveNewcomers() {
  std::size_t guests = shard_.todo.newcomers.size();
  if (guests == 0) return;
  const MonoTime end = monoNow() + shard_.loop.sideTime();
  do {
    Session& session = *shard_.todo.newcomers.front();
    shard_.todo.newcomers.pop_front();
    const bool is_open = session.phase == Phase::open;
    if (is_open && session.newcomer_turns > 0) --session.newcomer_turns;
    serve(session, Shard::kReadSize);
  } while (--guests > 0 && monoNow() < end);
}

// Sent one by one: the writes to thousands whose pings share a tick would hold up the messages.
void Turn::sendDuePings() {
  if (shard_.todo.pings_due.empty()) return;
  const MonoTime end = monoNow() + shard_.loop.sideTime();
  do {
    Session* const session = shard_.find(shard_.todo.pings_due.front());
    shard_.todo.pings_due.pop_front();
    if (session == nullptr) continue;
    session->keepalive.is_due = false;
    pingOrClose(shard_, *session);
    if (session->phase == Phase::open) flush(shard_, *session);
  } while (!shard_.todo.pings_due.empty() && monoNow() < end);
}

bool Turn::endTurn() {
  shard_.internal_calls.drain(shard_);
  sendDuePings();
  settle(shard_);
  shard_.relay->sendAll();
  watchMemory();
  disconnectFinished();
  shard_.freeRetired();
  watchSpareBuffers();
  const bool has_moved = balance_ != nullptr && balance_->look();
  // Relief of memory closes sessions behind settle(): their output and their interest wait too.
  return has_moved || !shard_.todo.woken.empty() || !shard_.todo.behind.empty() ||
         !shard_.todo.newcomers.empty() || !shard_.todo.pings_due.empty() ||
         !shard_.todo.finished.empty() || !shard_.todo.closing.empty() ||
         !shard_.todo.dirty.empty() || shard_.relay->hasUnsent() ||
         !shard_.internal_calls.isEmpty();
}

void Turn::disconnectFinished() {
  if (shard_.todo.finished.empty()) return;
  const MonoTime end = monoNow() + shard_.loop.sideTime();
  do {
    Session& session = *shard_.todo.finished.front();
    shard_.todo.finished.pop_front();
    disconnect(shard_, session);
  } while (!shard_.todo.finished.empty() && monoNow() < end);
}

// After every session's share of a turn: a turn can gather more than the budget.
void Turn::watchMemory() {
  shard_.reportMemory();
  if (!shard_.shared.memory.isFilling()) return;
  if (shard_.loop.now() - largest_published_ > kLargestInterval) {
    largest_published_ = shard_.loop.now();
    publishLargest(shard_);
  }
  // Looking at every connection is dear: again only when more has come, or after a while.
  const std::int64_t held = shard_.shared.memory.held();
  if (held < relieve_from_ && shard_.loop.now() < relieve_at_) return;
  relieveMemoryPressure(shard_);
  relieve_from_ = held + shard_.shared.memory.limit() / 64;
  relieve_at_ = shard_.loop.now() + kReliefInterval;
}

// One shard watches the spare buffers for all.
void Turn::watchSpareBuffers() {
  if (spareBuffers().bytes() == 0 || shard_.shared.is_spare_watched.load(std::memory_order_relaxed))
    return;
  if (shard_.shared.is_spare_watched.exchange(true)) return;
  spare_taken_ = spareBuffers().taken();
  shard_.loop.wheel().arm(
      spare_timer_, shard_.loop.now(), kSpareDelay,
      [](void* self) { static_cast<Turn*>(self)->freeUnusedSpareBuffers(); }, this);
}

void Turn::freeUnusedSpareBuffers() {
  shard_.shared.is_spare_watched.store(false);
  if (spareBuffers().taken() != spare_taken_) return;  // the turn's end watches on
  spareBuffers().free();
  // They lay in the heap of whoever made them.
  shard_.noteFreed(Shard::kTrimFrom);
  shard_.relay->postToOthers([](Shard& other) { other.noteFreed(Shard::kTrimFrom); });
}

}  // namespace gannet::server
