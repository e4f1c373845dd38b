#include "server/delivery/output.h"

#include "config/language/go_duration.h"
#include "protocol/redact.h"
#include "server/delivery/closing.h"
#include "server/delivery/relay.h"
#include "server/delivery/stall.h"
#include "server/message/publication.h"
#include "server/state/protocol_log.h"
#include "server/state/session.h"
#include "server/state/session_log.h"
#include "server/state/settings.h"
#include "server/state/shard.h"
#include "server/state/shared.h"

#include <algorithm>
#include <array>

#include <sys/uio.h>

namespace gannet::server {
namespace {

constexpr int kMaxPieces = 1024;  // of one writev; the kernel's own limit
constexpr auto kStall = std::chrono::milliseconds(2);
constexpr auto kStallAtLimit = std::chrono::milliseconds(5);

void cutSlowConsumer(Shard& shard, Session& session) {
  logOf(session, log::Level::info, "Slow Consumer Detected: MaxPending of {} Exceeded",
        shard.settings->options.max_pending);
  nameCulprit(session);
  ++shard.counters.slow_consumers;
  close(shard, session, protocol::CloseReason::slow_consumer_pending_bytes);
}

void armWriteDeadline(Shard& shard, Session& session);

// True if a write past its deadline may go on: some of it must have left.
bool mayRetry(const Session& session) {
  return session.shard->settings->options.write_timeout == config::WriteTimeout::retry &&
         session.phase == Phase::open && session.has_written;
}

// What was pending when the socket first refused must leave within the write deadline.
// Spec: client-protocol §10
void onWriteDeadline(void* owner) {
  auto& session = *static_cast<Session*>(owner);
  Shard& shard = *session.shard;
  const auto deadline = shard.settings->options.write_deadline;
  const bool is_known = session.slow_write != nullptr;
  if (mayRepeat(session, Repeated::slow_consumer)) {
    logOf(session, log::Level::info,
          "Slow Consumer {}: WriteDeadline of {} exceeded with {} chunks of {} total bytes.",
          is_known ? "State" : "Detected", config::formatDuration(deadline),
          session.outbox.segmentCount(), session.outbox.pending());
  }
  if (!session.must_connect) ++shard.counters.slow_consumers;
  if (mayRetry(session)) {
    if (!is_known) {
      session.slow_write = std::make_unique<SlowWrite>(SlowWrite{
          shard.loop.now() - deadline, session.outbox.segmentCount(), session.outbox.pending()});
    }
    armWriteDeadline(shard, session);
  } else if (session.phase == Phase::draining) {
    finishClose(shard, session);
  } else {
    nameCulprit(session);
    close(shard, session, protocol::CloseReason::slow_consumer_write_deadline);
  }
}

void armWriteDeadline(Shard& shard, Session& session) {
  session.deadline_bytes = std::max<std::size_t>(session.outbox.pending(), 1);
  session.has_written = false;
  shard.loop.wheel().arm(session.write_timer, shard.loop.now(),
                         shard.settings->options.write_deadline, onWriteDeadline, &session);
}

void noteRecovered(Shard& shard, Session& session) {
  const auto slow = std::exchange(session.slow_write, nullptr);
  const std::chrono::duration<double> took = shard.loop.now() - slow->began;
  if (!mayRepeat(session, Repeated::slow_consumer)) return;
  logOf(session, log::Level::info,
        "Slow Consumer Recovered: Flush took {:.3f}s with {} chunks of {} total bytes.",
        took.count(), slow->chunks, slow->bytes);
}

// Notes when and how much the session was sent, once a turn.
void noteSent(const Shard& shard, Session& session) {
  Traffic& traffic = session.traffic;
  if (session.is_blocked) {
    traffic.pending_high = std::max(traffic.pending_high, session.outbox.pending());
  }
  if (traffic.out_msgs == traffic.out_msgs_noted) return;
  traffic.out_msgs_noted = traffic.out_msgs;
  session.last_activity = shard.loop.now();
}

// Waits until the socket takes more. The deadline runs from the first refusal. Until then every
// delivery looks twice, and so notes what fills the outbox.
void waitForRoom(Shard& shard, Session& session, std::size_t written) {
  session.is_blocked = true;
  session.soft_limit = 0;
  session.traffic.pending_high = std::max(session.traffic.pending_high, session.outbox.pending());
  session.outbox.detach();
  if (session.write_timer.isArmed()) return;
  armWriteDeadline(shard, session);
  session.has_written = written > 0;
}

// Counts what left towards what the deadline asks for.
void noteWritten(Shard& shard, Session& session, std::size_t bytes) {
  const std::size_t pending = session.outbox.pending();
  const std::size_t soft_limit = shard.settings->softLimit();
  const bool fell_under = pending <= soft_limit && pending + bytes > soft_limit;
  if (fell_under) resumeStalled(shard);
  if (!session.write_timer.isArmed()) return;
  session.deadline_bytes -= std::min(session.deadline_bytes, bytes);
  session.has_written = session.has_written || bytes > 0;
  const bool has_more = !session.outbox.isEmpty() || session.transport->hasUnsent();
  if (session.deadline_bytes > 0 && has_more) return;
  session.write_timer.cancel();
  if (session.slow_write != nullptr) noteRecovered(shard, session);
}

}  // namespace

void nameCulprit(const Session& session) {
  logOf(session, log::Level::info, "Slow Consumer had {} bytes queued, filled by subject {}",
        session.outbox.pending(), protocol::quoteSent(session.worst_subject));
}

void sendText(Shard& shard, Session& session, std::string_view text) {
  if ((session.flags & flags::kClosing) != 0) return;
  if (session.outbox.pending() + text.size() >
      static_cast<std::size_t>(shard.settings->options.max_pending)) {
    cutSlowConsumer(shard, session);
    return;
  }
  session.outbox.append(text);
  shard.markDirty(session);
}

void sendError(Shard& shard, Session& session, std::string_view text) {
  if (session.logs_protocol) logSent(session, "-ERR", text);
  sendText(shard, session, fmt::format("-ERR '{}'\r\n", text));
}

void sendOk(Shard& shard, Session& session) {
  if (!session.connect->verbose) return;
  if (session.logs_protocol) logSent(session, "OK", "");
  sendText(shard, session, "+OK\r\n");
}

bool hasRoom(Shard& shard, Session& session, const Publication& message, std::size_t size) {
  const std::size_t soft_limit = shard.settings->softLimit();
  if (session.is_blocked) session.noteHighWater(session.outbox.pending() + size, message.subject);
  if (session.outbox.pending() + size <= soft_limit) return true;
  // What a turn gathers is no backlog: the socket may take it at once.
  if (!session.is_blocked) flush(shard, session);
  if ((session.flags & flags::kClosing) != 0) return false;
  const std::size_t pending = session.outbox.pending();
  const auto max_pending = static_cast<std::size_t>(shard.settings->options.max_pending);
  if (pending + size > max_pending) {
    session.noteHighWater(pending + size, message.subject);
    cutSlowConsumer(shard, session);
    return false;
  }
  if (pending <= soft_limit) return true;
  if (shard.settings->options.no_fast_producer_stall) return false;
  ++session.traffic.stalls;
  ++shard.counters.stalls;
  const auto stall = pending >= max_pending ? kStallAtLimit : kStall;
  if (message.from != nullptr) {
    message.from->stall_due += stall;
  } else {
    shard.relay->stallPublisher(message.from_id, stall);
  }
  return true;
}

void flush(Shard& shard, Session& session) {
  session.is_dirty = false;
  if (shard.is_observed) shard.noteActive(session);
  noteSent(shard, session);
  if (session.is_blocked || session.phase == Phase::closed) return;
  const bool discards =
      session.phase == Phase::draining && !protocol::flushesBeforeClose(session.reason);
  if (discards) return finishClose(shard, session);
  net::Outbox& outbox = session.outbox;
  session.soft_limit = shard.settings->softLimit();
  std::array<iovec, kMaxPieces> pieces;
  std::size_t written = 0;
  while (!outbox.isEmpty() || session.transport->hasUnsent()) {
    const int count = outbox.gather(pieces.data(), kMaxPieces);
    const net::IoResult result = session.transport->write(pieces.data(), count);
    outbox.consume(result.bytes);
    ++session.traffic.writes;
    written += result.bytes;
    noteWritten(shard, session, result.bytes);
    if (result.state == net::IoState::failed) {
      if (session.phase == Phase::draining) return finishClose(shard, session);
      return close(shard, session, protocol::CloseReason::write_error);
    }
    if (result.state == net::IoState::drained) {
      waitForRoom(shard, session, written);
      return;
    }
  }
  if (session.phase == Phase::draining) finishClose(shard, session);
}

}  // namespace gannet::server
