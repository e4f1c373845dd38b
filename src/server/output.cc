#include "server/output.h"

#include "base/go_quote.h"
#include "base/log.h"
#include "config/language/go_duration.h"
#include "server/closing.h"
#include "server/keepalive.h"
#include "server/message.h"
#include "server/relay.h"
#include "server/session.h"
#include "server/settings.h"
#include "server/shared.h"
#include "server/trace_log.h"
#include "server/worker.h"

#include <algorithm>
#include <array>

#include <sys/uio.h>

namespace gannet::server {
namespace {

constexpr int kMaxPieces = 1024;  // of one writev; the kernel's own limit
constexpr auto kStall = std::chrono::milliseconds(2);
constexpr auto kStallAtLimit = std::chrono::milliseconds(5);

void cutSlowConsumer(Worker& worker, Session& session) {
  log::info("{} - Slow Consumer Detected: MaxPending of {} Exceeded, {} bytes for {} pending",
            session.label(), worker.settings->options.max_pending, session.outbox.pending(),
            goQuote(session.worst_subject));
  ++worker.counters.slow_consumers;
  close(worker, session, protocol::CloseReason::slow_consumer_pending_bytes);
}

// What was pending when the socket first refused must leave within the write deadline.
// Spec: client-protocol §10
void onWriteDeadline(void* owner) {
  auto& session = *static_cast<Session*>(owner);
  Worker& worker = session.worker;
  log::info(
      "{} - Slow Consumer Detected: WriteDeadline of {} exceeded with {} chunks of {} total bytes.",
      session.label(), config::formatDuration(worker.settings->options.write_deadline),
      session.outbox.segmentCount(), session.outbox.pending());
  if (!session.must_connect) ++worker.counters.slow_consumers;
  if (session.phase == Phase::draining) {
    finishClose(worker, session);
  } else {
    close(worker, session, protocol::CloseReason::slow_consumer_write_deadline);
  }
}

// Waits until the socket takes more. The deadline runs from the first refusal.
void waitForRoom(Worker& worker, Session& session) {
  session.is_blocked = true;
  if (!session.write_timer.isArmed()) {
    session.deadline_bytes = std::max<std::size_t>(session.outbox.pending(), 1);
    worker.shard.wheel().arm(session.write_timer, worker.shard.now(),
                             worker.settings->options.write_deadline, onWriteDeadline, &session);
  }
}

// Counts what left towards what the deadline asks for.
void noteWritten(Worker& worker, Session& session, std::size_t bytes) {
  if (session.outbox.pending() <= session.soft_limit) worker.resumeStalled();
  if (!session.write_timer.isArmed()) return;
  session.deadline_bytes -= std::min(session.deadline_bytes, bytes);
  if (session.deadline_bytes == 0 || session.outbox.isEmpty()) session.write_timer.cancel();
}

}  // namespace

void sendText(Worker& worker, Session& session, std::string_view text) {
  if ((session.special & special::kClosing) != 0) return;
  if (session.outbox.pending() + text.size() >
      static_cast<std::size_t>(worker.settings->options.max_pending)) {
    cutSlowConsumer(worker, session);
    return;
  }
  session.outbox.append(text);
  worker.markDirty(session);
}

void sendError(Worker& worker, Session& session, std::string_view text) {
  if (session.in_traced) traceSent(session, "-ERR", text);
  sendText(worker, session, fmt::format("-ERR '{}'\r\n", text));
}

void sendOk(Worker& worker, Session& session) {
  if (!session.connect->verbose) return;
  if (session.in_traced) traceSent(session, "OK", "");
  sendText(worker, session, "+OK\r\n");
}

bool hasRoom(Worker& worker, Session& session, const Message& message, std::size_t size) {
  const std::size_t pending = session.outbox.pending();
  if (pending + size <= session.soft_limit) return true;
  const auto max_pending = static_cast<std::size_t>(worker.settings->options.max_pending);
  session.noteHighWater(pending, message.subject);
  if (pending + size > max_pending) {
    session.noteHighWater(pending + size, message.subject);
    cutSlowConsumer(worker, session);
    return false;
  }
  if (pending <= session.soft_limit) return true;
  if (worker.settings->options.no_fast_producer_stall) return false;
  ++session.traffic.stalls;
  ++worker.counters.stalls;
  const auto stall = pending >= max_pending ? kStallAtLimit : kStall;
  if (message.from != nullptr) {
    message.from->stall_due += stall;
  } else {
    worker.relay->stallPublisher(message.from_id, stall);
  }
  return true;
}

void flush(Worker& worker, Session& session) {
  session.is_dirty = false;
  if (session.is_blocked || session.phase == Phase::closed) return;
  net::Outbox& outbox = session.outbox;
  session.traffic.pending_high = std::max(session.traffic.pending_high, outbox.pending());
  session.last_activity = worker.shard.now();
  std::array<iovec, kMaxPieces> pieces;
  while (!outbox.isEmpty() || session.transport->hasUnsent()) {
    const int count = outbox.gather(pieces.data(), kMaxPieces);
    const net::IoResult result = session.transport->write(pieces.data(), count);
    outbox.consume(result.bytes);
    noteWritten(worker, session, result.bytes);
    if (result.state == net::IoState::failed) {
      if (session.phase == Phase::draining) return finishClose(worker, session);
      return close(worker, session, protocol::CloseReason::write_error);
    }
    if (result.state == net::IoState::drained) {
      waitForRoom(worker, session);
      return;
    }
  }
  if (session.phase == Phase::draining) finishClose(worker, session);
}

void relieveMemoryPressure(Worker& worker) {
  Session* greediest = nullptr;
  worker.forEachSession([&greediest](Session& session) {
    if (greediest == nullptr || session.outbox.pending() > greediest->outbox.pending()) {
      greediest = &session;
    }
  });
  if (greediest == nullptr || greediest->outbox.isEmpty()) return;
  cutSlowConsumer(worker, *greediest);
}

}  // namespace gannet::server
