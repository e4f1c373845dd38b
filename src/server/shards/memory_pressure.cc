#include "server/shards/memory_pressure.h"

#include "base/bytes/spare_buffers.h"
#include "server/delivery/closing.h"
#include "server/delivery/output.h"
#include "server/delivery/relay.h"
#include "server/state/session.h"
#include "server/state/session_log.h"
#include "server/state/shard.h"
#include "server/state/shared.h"

namespace gannet::server {
namespace {

using protocol::CloseReason;

// Who holds less is not worth a cut.
constexpr std::size_t kLeastHeld = 2048;

constexpr int kCutsAtOnce = 64;  // each looks at every connection

// What the budget counts for it, used or not.
std::size_t capacity(const PartialInput& input) {
  return input.bytes ? input.bytes->capacity() : 0;
}

std::size_t received(const Session& session) {
  return capacity(session.partial) + capacity(session.backlog);
}

std::size_t holding(const Session& session) {
  return session.outbox.pending() + received(session);
}

Session* largest(Shard& shard) {
  Session* found = nullptr;
  shard.forEachSession([&found](Session& session) {
    if (session.phase != Phase::open) return;
    if (found == nullptr || holding(session) > holding(*found)) found = &session;
  });
  return found;
}

void cut(Shard& shard, Session& session) {
  const bool is_receiver = session.outbox.pending() >= received(session);
  logOf(session, log::Level::warning,
        "Memory budget of {} bytes is nearly spent: closing the connection that holds the "
        "most, {} bytes of {}",
        shard.shared.memory.limit(), holding(session),
        is_receiver ? "unread output" : "an unfinished message");
  shard.shared.memory.noteCut();
  if (is_receiver) {
    nameCulprit(session);
    ++shard.counters.slow_consumers;
  }
  close(shard, session,
        is_receiver ? CloseReason::slow_consumer_pending_bytes : CloseReason::read_error);
}

}  // namespace

void publishLargest(Shard& shard) {
  const Session* const session = largest(shard);
  shard.shared.memory.setLargest(shard.loop.id(), session == nullptr ? 0 : holding(*session));
}

void relieveMemoryPressure(Shard& shard) {
  MemoryBudget& budget = shard.shared.memory;
  if (!budget.isTight()) return;
  spareBuffers().free();
  if (!budget.isTight()) return;
  shard.accounts.forgetPlans();
  for (int cuts = 0; cuts < kCutsAtOnce && budget.isTight(); ++cuts) {
    publishLargest(shard);
    if (const auto largest = budget.shardOfLargest(); largest != shard.loop.id()) {
      return shard.relay->post(largest, [](Shard& there) { relieveMemoryPressure(there); });
    }
    Session* const session = largest(shard);
    if (session == nullptr || holding(*session) < kLeastHeld) return;
    cut(shard, *session);
    spareBuffers().free();  // what it held
    shard.reportMemory();
  }
}

}  // namespace gannet::server
