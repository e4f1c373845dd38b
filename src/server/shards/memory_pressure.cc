#include "server/shards/memory_pressure.h"

#include "base/log.h"
#include "server/session/closing.h"
#include "server/session/session.h"
#include "server/shards/shared.h"
#include "server/shards/worker.h"

namespace gannet::server {
namespace {

using protocol::CloseReason;

// Less than this is no reason to cut anyone: it is what an active connection needs.
constexpr std::size_t kLeastGreed = std::size_t{64} * 1024;

std::size_t received(const Session& session) {
  return session.partial.size + session.backlog.size();
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
  if (is_receiver) ++worker.counters.slow_consumers;
  close(worker, session,
        is_receiver ? CloseReason::slow_consumer_pending_bytes : CloseReason::read_error);
}

}  // namespace

void relieveMemoryPressure(Worker& worker) {
  if (!worker.shared.memory.isTight()) return;
  worker.global.forgetPlans();
  if (!worker.shared.memory.isTight()) return;
  Session* const session = greediest(worker);
  if (session != nullptr && holding(*session) >= kLeastGreed) cut(worker, *session);
}

}  // namespace gannet::server
