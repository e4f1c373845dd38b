#include "server/shards/memory_pressure.h"

#include "base/bytes/spare_buffers.h"
#include "base/log.h"
#include "server/delivery/output.h"
#include "server/session/closing.h"
#include "server/session/session.h"
#include "server/shards/relay.h"
#include "server/shards/shared.h"
#include "server/shards/worker.h"

namespace gannet::server {
namespace {

using protocol::CloseReason;

// Who holds less is not worth a cut.
constexpr std::size_t kLeastGreed = 2048;

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

Session* greediest(Worker& worker) {
  Session* found = nullptr;
  worker.forEachSession([&found](Session& session) {
    if (session.phase != Phase::open) return;
    if (found == nullptr || holding(session) > holding(*found)) found = &session;
  });
  return found;
}

void cut(Worker& worker, Session& session) {
  const bool is_receiver = session.outbox.pending() >= received(session);
  log::warn(
      "{} - Memory budget of {} bytes is nearly spent: closing the connection that holds the "
      "most, {} bytes of {}",
      session.label(), worker.shared.memory.limit(), holding(session),
      is_receiver ? "unread output" : "an unfinished message");
  worker.shared.memory.noteCut();
  if (is_receiver) {
    nameCulprit(session);
    ++worker.counters.slow_consumers;
  }
  close(worker, session,
        is_receiver ? CloseReason::slow_consumer_pending_bytes : CloseReason::read_error);
}

}  // namespace

void publishGreed(Worker& worker) {
  const Session* const session = greediest(worker);
  worker.shared.memory.setGreed(worker.shard.id(), session == nullptr ? 0 : holding(*session));
}

void relieveMemoryPressure(Worker& worker) {
  MemoryBudget& budget = worker.shared.memory;
  if (!budget.isTight()) return;
  spareBuffers().free();
  if (!budget.isTight()) return;
  worker.global.forgetPlans();
  for (int cuts = 0; cuts < kCutsAtOnce && budget.isTight(); ++cuts) {
    publishGreed(worker);
    if (const auto shard = budget.greediestShard(); shard != worker.shard.id()) {
      return worker.relay->post(shard, [](Worker& there) { relieveMemoryPressure(there); });
    }
    Session* const session = greediest(worker);
    if (session == nullptr || holding(*session) < kLeastGreed) return;
    cut(worker, *session);
    spareBuffers().free();  // what it held
    worker.reportMemory();
  }
}

}  // namespace gannet::server
