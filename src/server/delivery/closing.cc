#include "server/delivery/closing.h"

#include "base/assert.h"
#include "net/tls_engine.h"
#include "server/delivery/closed_connection.h"
#include "server/delivery/output.h"
#include "server/delivery/subscribe.h"
#include "server/state/crypto_threads.h"
#include "server/state/greeting.h"
#include "server/state/session.h"
#include "server/state/session_log.h"
#include "server/state/settings.h"
#include "server/state/shard.h"
#include "server/state/shared.h"

#include <algorithm>
#include <array>

namespace gannet::server {
namespace {

// Unread bytes at close make the kernel send a reset, which may overtake the last -ERR. A bounded
// number of them is read away.
void discardInput(Session& session) {
  std::array<char, 16384> scratch;
  for (int i = 0; i < 16; ++i) {
    if (session.transport->read(scratch.data(), scratch.size()).state != net::IoState::more) return;
  }
}

void leaveServer(Shard& shard, Session& session) {
  if (!session.counted) return;
  session.counted = false;
  shard.shared.connections.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace

void close(Shard& shard, Session& session, protocol::CloseReason reason) {
  if (session.phase == Phase::draining || session.phase == Phase::closed) return;
  session.reason = reason;
  session.phase = Phase::draining;
  session.flags |= flags::kClosing;
  session.keepalive.timer.cancel();
  session.keepalive.auth_timer.cancel();
  session.pause_timer.cancel();
  shard.noteFreed(session.partial.size + session.outbox.pending());
  session.partial = {};
  session.backlog = {};
  if (!protocol::flushesBeforeClose(reason)) {
    session.pending_at_close = session.outbox.pending();
    session.outbox.clear();
    session.is_blocked = false;  // nothing is waited for: the turn's end closes
  }
  // Interest and record are taken care of at the turn's end: plans of this turn may name us.
  shard.markClosing(session);
  shard.markDirty(session);
}

void finishClose(Shard& shard, Session& session) {
  if (session.phase == Phase::closed) return;
  GANNET_ASSERT(session.phase == Phase::draining);
  session.phase = Phase::closed;
  logLeftOut(session);
  logOf(session, log::Level::debug, "Client connection closed: {}",
        protocol::textOf(session.reason));
  session.write_timer.cancel();
  session.outbox.clear();
  shard.markFinished(session);
}

void disconnect(Shard& shard, Session& session) {
  GANNET_ASSERT(session.phase == Phase::closed);
  session.transport->shutdown();
  if (session.reason != protocol::CloseReason::client_closed) discardInput(session);
  freeElsewhere(shard, session.transport->takeEngine());
  session.transport->socket().close();
  leaveServer(shard, session);
  session.greeting.reset();
  shard.retire(session);
}

void settle(Shard& shard) {
  // Closing and flushing may each cause more of the other.
  while (!shard.todo.closing.empty() || !shard.todo.dirty.empty()) {
    for (Session* const session : std::exchange(shard.todo.closing, {})) {
      recordClosed(shard, *session);
      unsubscribeAll(shard, *session);
    }
    shard.todo.flushing.swap(shard.todo.dirty);
    for (Session* const session : shard.todo.flushing)
      flush(shard, *session);
    shard.todo.flushing.clear();
  }
}

void freeElsewhere(Shard& shard, std::unique_ptr<net::TlsEngine> engine) {
  if (engine != nullptr)
    shard.shared.handshakes->submitAhead(Task([engine = std::move(engine)] {}));
}

}  // namespace gannet::server
