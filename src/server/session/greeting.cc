#include "server/session/greeting.h"

#include "base/assert.h"
#include "base/errno_text.h"
#include "net/tls_context.h"
#include "net/tls_transport.h"
#include "protocol/err_text.h"
#include "protocol/proxy_header.h"
#include "protocol/redact.h"
#include "server/delivery/closing.h"
#include "server/delivery/output.h"
#include "server/session/connect.h"
#include "server/session/input.h"
#include "server/state/crypto_threads.h"
#include "server/state/greeting.h"
#include "server/state/session.h"
#include "server/state/session_log.h"
#include "server/state/settings.h"
#include "server/state/shard.h"
#include "server/state/shared.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

// The steps in the order in which they can follow each other:
//
//   accept → [INFO] → first_bytes? → proxy_header? → tls_or_plain? → handshake? → protocol
//
// Bytes read ahead to decide a step are kept in `received` and handed to the next one, the last of
// which is the TLS engine or the parser.
namespace gannet::server {
namespace {

using protocol::CloseReason;
using Step = Greeting::Step;

constexpr std::chrono::nanoseconds kProxyTimeout = std::chrono::seconds(5);  // twice, once it began
constexpr char kTlsHandshakeRecord = 0x16;
constexpr std::size_t kReadAhead = 4096;  // of a PROXY header and what follows it

void armTimeout(Shard& shard, Session& session) {
  const MonoTime now = shard.loop.now();
  shard.loop.wheel().arm(
      session.greeting->timer, now, session.greeting->deadline - now,
      [](void* owner) {
        auto& late = *static_cast<Session*>(owner);
        late.greeting->timed_out = true;
        late.shard->markReady(late);
      },
      &session);
}

void enter(Shard& shard, Session& session, Step step, std::chrono::nanoseconds timeout) {
  session.greeting->step = step;
  session.greeting->timed_out = false;
  session.greeting->deadline = shard.loop.now() + timeout;
  armTimeout(shard, session);
}

// The rest of the greeting once the PROXY header, if any, is behind us.
void decideTransport(Shard& shard, Session& session) {
  const Settings& settings = *session.greeting->settings;
  if (settings.tls == nullptr) {
    beginProtocol(shard, session);
    return;
  }
  const bool may_be_plain = settings.options.allow_non_tls && session.greeting->info_sent;
  enter(shard, session, may_be_plain ? Step::tls_or_plain : Step::handshake, settings.tlsTimeout());
}

void startTls(Shard& shard, Session& session) {
  const Settings& settings = *session.greeting->settings;
  GANNET_ASSERT(settings.tls != nullptr);
  enter(shard, session, Step::handshake, settings.tlsTimeout());
  session.is_tls = true;
  logOf(session, log::Level::debug, "Starting TLS client connection handshake");
  session.transport = std::make_unique<net::TlsTransport>(std::move(session.transport->socket()),
                                                          settings.tls, session.greeting->received);
  session.greeting->received.clear();
}

void sendInfoOnce(Shard& shard, Session& session) {
  if (session.greeting->info_sent) return;
  session.greeting->info_sent = true;
  sendInitialInfo(shard, session);
  flush(shard, session);  // in plain text, before a handshake may begin
}

// Reads ahead into `received`; closes at the stream's end.
net::IoState readAhead(Shard& shard, Session& session) {
  std::array<char, kReadAhead> scratch;
  const net::IoResult result = session.transport->read(scratch.data(), scratch.size());
  session.greeting->received.append(scratch.data(), result.bytes);
  if (result.state == net::IoState::closed) close(shard, session, CloseReason::client_closed);
  if (result.state == net::IoState::failed) close(shard, session, CloseReason::read_error);
  return result.state;
}

// Handshake-first with a fallback delay: a client that speaks first gets no INFO in plain text.
void serveFirstBytes(Shard& shard, Session& session) {
  Greeting& greeting = *session.greeting;
  if (!greeting.received.empty()) {
    session.tls_first = true;
  } else if (greeting.timed_out) {
    sendInfoOnce(shard, session);
  } else {
    return;
  }
  if (greeting.settings->options.proxy_protocol) {
    enter(shard, session, Step::proxy_header, kProxyTimeout);
  } else {
    decideTransport(shard, session);
  }
}

void serveProxyHeader(Shard& shard, Session& session) {
  Greeting& greeting = *session.greeting;
  const protocol::ProxyHeader header = protocol::parseProxyHeader(greeting.received);
  switch (header.state) {
    case protocol::ProxyState::need_more:
      if (!greeting.timed_out) return;
      if (greeting.received.empty() || greeting.has_header_part) {
        close(shard, session, CloseReason::protocol_violation);
      } else {
        greeting.has_header_part = true;
        enter(shard, session, Step::proxy_header, kProxyTimeout);
      }
      return;
    case protocol::ProxyState::error:
      log::client(log::Level::warning, "Error reading PROXY protocol header from {}:{}: {}",
                  session.peer.ip, session.peer.port, protocol::redactUnparsed(header.error));
      close(shard, session, CloseReason::protocol_violation);
      return;
    case protocol::ProxyState::address:
      greeting.wire_peer = std::exchange(session.peer, {header.source_ip, header.source_port});
      break;
    case protocol::ProxyState::local:
    case protocol::ProxyState::none: break;
  }
  greeting.received.erase(0, header.size);
  session.is_proxied = false;
  decideTransport(shard, session);
}

void serveTlsOrPlain(Shard& shard, Session& session) {
  Greeting& greeting = *session.greeting;
  if (greeting.received.empty() && !greeting.timed_out) return;
  if (!greeting.received.empty() && greeting.received.front() == kTlsHandshakeRecord) {
    startTls(shard, session);
  } else {
    beginProtocol(shard, session);
  }
}

// Where the bytes of a connection come from, whatever a PROXY header said afterwards.
const net::PeerAddress& wirePeer(const Session& session) {
  const net::PeerAddress& before = session.greeting->wire_peer;
  return before.ip.empty() ? session.peer : before;
}

// Why a handshake failed. An error of the socket names both of its ends.
std::string failureOf(const Session& session) {
  net::Transport& transport = *session.transport;
  if (!transport.handshakeError().empty()) return std::string(transport.handshakeError());
  const net::FailedCall& call = transport.failedCall();
  return net::callError(transport.socket().fd(), wirePeer(session), call.name, call.error);
}

void failHandshake(Shard& shard, Session& session, std::string_view why) {
  // A client that does not speak TLS at all may be a stranger's scan: nothing for an operator.
  const auto level = why == net::kNotTls ? log::Level::debug : log::Level::error;
  logOf(session, level, "TLS handshake error: {}", why);
  close(shard, session, CloseReason::tls_handshake_failure);
}

void serveHandshake(Shard& shard, Session& session);

void takeEngineBack(Shard& shard, Session& session, std::unique_ptr<net::TlsEngine> engine) {
  session.transport->giveBack(std::move(engine));
  // The client does not answer for the time that we took.
  Greeting& greeting = *session.greeting;
  greeting.step = Step::handshake;
  greeting.deadline += shard.loop.now() - greeting.lent;
  armTimeout(shard, session);
  serveHandshake(shard, session);
  shard.markReady(session);  // what the socket reported meanwhile was not looked at
}

// The private-key operation is dear: it would hold up the messages of everybody else on the shard.
// The session may close meanwhile; the engine then ends with the answer that nobody awaits.
void computeElsewhere(Shard& shard, Session& session) {
  session.greeting->step = Step::computing;
  session.greeting->lent = shard.loop.now();
  session.greeting->timer.cancel();
  auto engine = session.transport->takeEngine();
  const bool has_begun = engine->hasBegun();
  Task step([home = &shard, id = session.id, engine = std::move(engine)]() mutable {
    engine->step();
    home->loop.postFromOutside(Task([home, id, engine = std::move(engine)]() mutable {
      Session* const waiting = home->find(id);
      if (waiting == nullptr) return freeElsewhere(*home, std::move(engine));
      takeEngineBack(*home, *waiting, std::move(engine));
    }));
  });
  CryptoThreads& threads = *shard.shared.handshakes;
  has_begun ? threads.submitAhead(std::move(step)) : threads.submit(std::move(step));
}

void serveHandshake(Shard& shard, Session& session) {
  Greeting& greeting = *session.greeting;
  if (greeting.timed_out) {
    logOf(session, log::Level::debug, "TLS handshake timeout");
    close(shard, session, CloseReason::tls_handshake_failure);
    return;
  }
  net::Transport& transport = *session.transport;
  switch (transport.handshake()) {
    case net::Handshake::wants_input:
    case net::Handshake::wants_room: return;
    case net::Handshake::wants_step: computeElsewhere(shard, session); return;
    case net::Handshake::failed: failHandshake(shard, session, failureOf(session)); return;
    case net::Handshake::done: break;
  }
  // By the rules in force now: a reload may have come since the handshake began.
  if (shard.settings->tls != nullptr && !transport.isPinned(*shard.settings->tls)) {
    failHandshake(shard, session, "certificate not pinned");
    return;
  }
  logOf(session, log::Level::debug, "TLS handshake complete");
  const net::TlsFacts facts = transport.tlsFacts();
  logOf(session, log::Level::debug, "TLS version {}, cipher suite {}", facts.version,
        facts.cipher_suite);
  beginProtocol(shard, session);
}

bool exceedsConnectionLimit(Shard& shard, Session& session) {
  const auto limit = shard.settings->options.max_connections;
  const auto before = shard.shared.connections.fetch_add(1, std::memory_order_relaxed);
  session.counted = true;
  return before >= limit;
}

void reportThrottled(void* owner) {
  const auto count = static_cast<Shard*>(owner)->shared.tls_rate.takeRefused();
  if (count > 0)
    log::client(log::Level::warning, "Rejected {} connections due to TLS rate limiting", count);
}

bool exceedsTlsRate(Shard& shard) {
  const Settings& settings = *shard.settings;
  if (settings.tls == nullptr) return false;
  const auto limit = settings.options.tls.connection_rate_limit;
  if (shard.shared.tls_rate.admit(limit, shard.loop.now())) return false;
  if (!shard.throttle_timer.isArmed()) {
    shard.loop.wheel().arm(shard.throttle_timer, shard.loop.now(), std::chrono::seconds(1),
                           reportThrottled, &shard);
  }
  return true;
}

void refuse(Shard& shard, Session& session, std::string_view text) {
  logOncePerSecond(session, log::Level::error, "{}", text);
  if (session.phase != Phase::greeting) return;
  session.phase = Phase::open;
  sendError(shard, session, text);
  close(shard, session, CloseReason::max_connections_exceeded);
}

// The first step of a connection that is not simply plain.
void beginGreeting(Shard& shard, Session& session) {
  const config::Options& options = shard.settings->options;
  session.greeting = std::make_unique<Greeting>();
  session.greeting->settings = shard.settings;
  session.is_proxied = options.proxy_protocol;
  const bool tls_first = shard.settings->tls != nullptr && options.tls.handshake_first;
  if (!tls_first) sendInfoOnce(shard, session);
  session.tls_first = tls_first && options.tls.handshake_first_fallback.count() == 0;
  if (tls_first && options.tls.handshake_first_fallback.count() > 0) {
    enter(shard, session, Step::first_bytes, options.tls.handshake_first_fallback);
  } else if (options.proxy_protocol) {
    enter(shard, session, Step::proxy_header, kProxyTimeout);
  } else {
    decideTransport(shard, session);
  }
}

// Only notes what the turn is to do.
void onSocketReady(void* owner, net::Readiness readiness) {
  auto& session = *static_cast<Session*>(owner);
  if (readiness.hung_up) session.transport->noteHangUp();
  if (readiness.writable && session.is_blocked) {
    session.is_blocked = false;
    session.shard->markDirty(session);
  }
  const bool may_read = readiness.readable || readiness.hung_up || session.phase == Phase::greeting;
  if (may_read) session.shard->markReady(session);
}

}  // namespace

void accept(Shard& shard, int fd, net::PeerAddress peer) {
  Session& session = shard.addSession(std::make_unique<net::PlainTransport>(net::Socket(fd)));
  session.watch = {onSocketReady, &session};
  session.peer = std::move(peer);
  session.cid = shard.shared.next_cid.fetch_add(1, std::memory_order_relaxed);
  session.started = wallNow();
  session.started_mono = session.last_activity = shard.loop.now();
  session.logProtocol(shard.logs_protocol);
  shard.shared.total_connections.fetch_add(1, std::memory_order_relaxed);
  logOf(session, log::Level::debug, "Client connection created");
  const Settings& settings = *shard.settings;
  if (!shard.loop.poller().watchStream(fd, session.watch)) {
    logOf(session, log::Level::error, "Error watching the socket: {}", errnoText(errno));
    close(shard, session, CloseReason::read_error);
  } else if (exceedsConnectionLimit(shard, session)) {
    sendInitialInfo(shard, session);
    refuse(shard, session, protocol::kMaxConnectionsExceeded);
  } else if (exceedsTlsRate(shard)) {
    if (!settings.options.tls.handshake_first) sendInitialInfo(shard, session);
    refuse(shard, session, protocol::kConnectionThrottling);
  } else if (settings.tls != nullptr || settings.options.proxy_protocol) {
    beginGreeting(shard, session);
  } else {
    sendInitialInfo(shard, session);
    beginProtocol(shard, session);
  }
}

bool serveGreeting(Shard& shard, Session& session) {
  Greeting& greeting = *session.greeting;
  if (greeting.step == Step::computing) return false;
  const bool was_handshake = greeting.step == Step::handshake;
  net::IoState read = net::IoState::drained;
  if (!was_handshake) read = readAhead(shard, session);
  if (session.phase == Phase::greeting && greeting.step == Step::first_bytes) {
    serveFirstBytes(shard, session);
  }
  if (session.phase == Phase::greeting && greeting.step == Step::proxy_header) {
    serveProxyHeader(shard, session);
  }
  if (session.phase == Phase::greeting && greeting.step == Step::tls_or_plain) {
    serveTlsOrPlain(shard, session);
  }
  if (session.phase == Phase::greeting && greeting.step == Step::handshake) {
    if (!session.is_tls) startTls(shard, session);
    serveHandshake(shard, session);
  }
  const bool goes_on = session.phase == Phase::greeting && read == net::IoState::more;
  return session.phase == Phase::open || goes_on;
}

}  // namespace gannet::server
