#include "server/session/keepalive.h"

#include "protocol/err_text.h"
#include "server/delivery/closing.h"
#include "server/delivery/output.h"
#include "server/session/connect.h"
#include "server/state/protocol_log.h"
#include "server/state/session.h"
#include "server/state/session_log.h"
#include "server/state/settings.h"
#include "server/state/shard.h"

#include <algorithm>

namespace gannet::server {
namespace {

using protocol::CloseReason;

constexpr std::chrono::nanoseconds kFirstPing = std::chrono::seconds(2);
constexpr auto kLookAgain = std::chrono::milliseconds(10);
constexpr auto kRttInterval = std::chrono::hours(1);

void onPingTimer(void* owner);

void armPing(Shard& shard, Session& session, std::chrono::nanoseconds delay) {
  shard.loop.wheel().arm(session.keepalive.timer, shard.loop.now(), delay, onPingTimer, &session);
}

void sendPing(Shard& shard, Session& session) {
  ++session.keepalive.pings_out;
  session.keepalive.ping_sent = shard.loop.now();
  if (session.logs_protocol) logSent(session, "PING", "");
  sendText(shard, session, "PING\r\n");
}

// Recent traffic stands for a PING, as long as the RTT is not older than an hour.
bool isPingNeedless(const Shard& shard, const Keepalive& keepalive) {
  const MonoTime now = shard.loop.now();
  const bool is_active = keepalive.last_input != MonoTime{} &&
                         now - keepalive.last_input < shard.settings->options.ping_interval;
  return is_active && keepalive.rtt_measured != MonoTime{} &&
         now - keepalive.rtt_measured < kRttInterval;
}

// Its CONNECT has come and is neither accepted nor refused: another thread checks the password.
bool isBeingChecked(const Session& session) {
  return session.got_connect && session.must_connect;
}

// How long a session is not to be pinged yet; 0: it may be. Client libraries take the first line
// after their CONNECT for the answer to their first PING and give up if it is anything else, so
// that PING is waited for. Not for ever: a client that never sends one must be found dead some day.
std::chrono::nanoseconds untilPingable(const Shard& shard, const Session& session) {
  const Keepalive& keepalive = session.keepalive;
  if (keepalive.first_ping_answered) return std::chrono::nanoseconds(0);
  if (isBeingChecked(session)) return kFirstPing;  // the schedule begins anew behind the check
  const std::chrono::nanoseconds rest = keepalive.open_since + kFirstPing - shard.loop.now();
  const bool is_unread = session.is_ready && session.newcomer_turns > 0;  // its PING may have come
  return std::max<std::chrono::nanoseconds>(
      rest, is_unread ? kLookAgain : std::chrono::milliseconds::zero());
}

void onPingTimer(void* owner) {
  auto& session = *static_cast<Session*>(owner);
  Shard& shard = *session.shard;
  const auto wait = untilPingable(shard, session);
  if (wait.count() > 0) return armPing(shard, session, wait);
  if (!isPingNeedless(shard, session.keepalive)) shard.deferPing(session);
  armPing(shard, session, shard.settings->options.ping_interval);
}

void onAuthTimer(void* owner) {
  auto& session = *static_cast<Session*>(owner);
  Shard& shard = *session.shard;
  if (session.is_ready) {  // what it sent in time has not been looked at
    shard.loop.wheel().arm(session.keepalive.auth_timer, shard.loop.now(), kLookAgain, onAuthTimer,
                           &session);
    return;
  }
  logOf(session, log::Level::debug, "Authentication Timeout");
  sendError(shard, session, protocol::kAuthenticationTimeout);
  close(shard, session, CloseReason::authentication_timeout);
}

}  // namespace

void pingOrClose(Shard& shard, Session& session) {
  if (untilPingable(shard, session).count() > 0) return;
  if (session.keepalive.pings_out + 1 <= shard.settings->options.ping_max) {
    return sendPing(shard, session);
  }
  logOf(session, log::Level::debug, "Stale Client Connection - Closing");
  ++shard.counters.stale_connections;
  sendError(shard, session, protocol::kStaleConnection);
  close(shard, session, CloseReason::stale_connection);
}

void startKeepalive(Shard& shard, Session& session) {
  session.keepalive.open_since = shard.loop.now();
  armPing(shard, session, shard.settings->options.ping_interval);
  if (!session.must_connect) return;
  shard.loop.wheel().arm(session.keepalive.auth_timer, shard.loop.now(),
                         shard.settings->authTimeout(), onAuthTimer, &session);
}

void scheduleFirstPing(Shard& shard, Session& session) {
  session.keepalive.open_since = shard.loop.now();
  const auto base =
      std::min<std::chrono::nanoseconds>(shard.settings->options.ping_interval, kFirstPing);
  const auto spread =
      static_cast<std::uint32_t>(std::min<std::int64_t>(base.count() / 5, UINT32_MAX));
  armPing(shard, session, base + std::chrono::nanoseconds(shard.rng.below(spread)));
}

void onPing(Shard& shard, Session& session) {
  session.keepalive.last_input = shard.loop.now();
  if (session.logs_protocol) logSent(session, "PONG", "");
  sendText(shard, session, "PONG\r\n");
  if (!session.got_connect || session.keepalive.first_ping_answered) return;
  session.keepalive.first_ping_answered = true;
  session.newcomer_turns = 0;
  if (session.connect->protocol >= 1) sendConnectInfo(shard, session);
}

void onPong(Shard& shard, Session& session) {
  Keepalive& keepalive = session.keepalive;
  keepalive.pings_out = 0;
  if (keepalive.ping_sent == MonoTime{}) return;
  keepalive.rtt = monoNow() - keepalive.ping_sent;
  keepalive.rtt_measured = shard.loop.now();
}

void pingForRtt(Shard& shard, Session& session) {
  const bool is_early = untilPingable(shard, session).count() > 0;
  const bool is_known = session.keepalive.rtt.count() > 0;
  if (is_known || is_early || session.phase != Phase::open || session.keepalive.pings_out > 0)
    return;
  sendPing(shard, session);
}

}  // namespace gannet::server
