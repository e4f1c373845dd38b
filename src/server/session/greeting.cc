#include "server/session/greeting.h"

#include "base/assert.h"
#include "base/errno_text.h"
#include "base/log.h"
#include "net/tls_context.h"
#include "net/tls_transport.h"
#include "protocol/err_text.h"
#include "protocol/proxy_header.h"
#include "protocol/redact.h"
#include "server/delivery/output.h"
#include "server/session/closing.h"
#include "server/session/connect.h"
#include "server/session/crypto_threads.h"
#include "server/session/input.h"
#include "server/session/session.h"
#include "server/shards/settings.h"
#include "server/shards/shared.h"
#include "server/shards/worker.h"

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

void armTimeout(Worker& worker, Session& session) {
  const MonoTime now = worker.shard.now();
  worker.shard.wheel().arm(
      session.greeting->timer, now, session.greeting->deadline - now,
      [](void* owner) {
        auto& late = *static_cast<Session*>(owner);
        late.greeting->timed_out = true;
        late.worker->markReady(late);
      },
      &session);
}

void enter(Worker& worker, Session& session, Step step, std::chrono::nanoseconds timeout) {
  session.greeting->step = step;
  session.greeting->timed_out = false;
  session.greeting->deadline = worker.shard.now() + timeout;
  armTimeout(worker, session);
}

// The rest of the greeting once the PROXY header, if any, is behind us.
void decideTransport(Worker& worker, Session& session) {
  const Settings& settings = *session.greeting->settings;
  if (settings.tls == nullptr) {
    beginProtocol(worker, session);
    return;
  }
  const bool may_be_plain = settings.options.allow_non_tls && session.greeting->info_sent;
  enter(worker, session, may_be_plain ? Step::tls_or_plain : Step::handshake,
        settings.tlsTimeout());
}

void startTls(Worker& worker, Session& session) {
  const Settings& settings = *session.greeting->settings;
  GANNET_ASSERT(settings.tls != nullptr);
  enter(worker, session, Step::handshake, settings.tlsTimeout());
  session.is_tls = true;
  log::debug("{} - Starting TLS client connection handshake", session.label());
  session.transport = std::make_unique<net::TlsTransport>(std::move(session.transport->socket()),
                                                          settings.tls, session.greeting->received);
  session.greeting->received.clear();
}

void sendInfoOnce(Worker& worker, Session& session) {
  if (session.greeting->info_sent) return;
  session.greeting->info_sent = true;
  sendInitialInfo(worker, session);
  flush(worker, session);  // in plain text, before a handshake may begin
}

// Reads ahead into `received`; closes at the stream's end.
net::IoState readAhead(Worker& worker, Session& session) {
  std::array<char, kReadAhead> scratch;
  const net::IoResult result = session.transport->read(scratch.data(), scratch.size());
  session.greeting->received.append(scratch.data(), result.bytes);
  if (result.state == net::IoState::closed) close(worker, session, CloseReason::client_closed);
  if (result.state == net::IoState::failed) close(worker, session, CloseReason::read_error);
  return result.state;
}

// Handshake-first with a fallback delay: a client that speaks first gets no INFO in plain text.
void serveFirstBytes(Worker& worker, Session& session) {
  Greeting& greeting = *session.greeting;
  if (!greeting.received.empty()) {
    session.tls_first = true;
  } else if (greeting.timed_out) {
    sendInfoOnce(worker, session);
  } else {
    return;
  }
  if (greeting.settings->options.proxy_protocol) {
    enter(worker, session, Step::proxy_header, kProxyTimeout);
  } else {
    decideTransport(worker, session);
  }
}

void serveProxyHeader(Worker& worker, Session& session) {
  Greeting& greeting = *session.greeting;
  const protocol::ProxyHeader header = protocol::parseProxyHeader(greeting.received);
  switch (header.state) {
    case protocol::ProxyState::need_more:
      if (!greeting.timed_out) return;
      if (greeting.received.empty() || greeting.has_header_part) {
        close(worker, session, CloseReason::protocol_violation);
      } else {
        greeting.has_header_part = true;
        enter(worker, session, Step::proxy_header, kProxyTimeout);
      }
      return;
    case protocol::ProxyState::error:
      log::warn("Error reading PROXY protocol header from {}:{}: {}", session.peer.ip,
                session.peer.port, protocol::redactUnparsed(header.error));
      close(worker, session, CloseReason::protocol_violation);
      return;
    case protocol::ProxyState::address:
      greeting.wire_peer = std::exchange(session.peer, {header.source_ip, header.source_port});
      break;
    case protocol::ProxyState::local:
    case protocol::ProxyState::none: break;
  }
  greeting.received.erase(0, header.size);
  session.is_proxied = false;
  decideTransport(worker, session);
}

void serveTlsOrPlain(Worker& worker, Session& session) {
  Greeting& greeting = *session.greeting;
  if (greeting.received.empty() && !greeting.timed_out) return;
  if (!greeting.received.empty() && greeting.received.front() == kTlsHandshakeRecord) {
    startTls(worker, session);
  } else {
    beginProtocol(worker, session);
  }
}

// Where the bytes of a connection come from, whatever a PROXY header said afterwards.
const net::PeerAddress& wirePeer(const Session& session) {
  const net::PeerAddress& before = session.greeting->wire_peer;
  return before.ip.empty() ? session.peer : before;
}

// Why a handshake failed. An error of the socket names both of its ends.
std::string failureOf(const Session& session, net::TlsTransport& tls) {
  if (!tls.failure().empty()) return tls.failure();
  const net::FailedCall& call = tls.failedCall();
  return net::callError(tls.socket().fd(), wirePeer(session), call.name, call.error);
}

void failHandshake(Worker& worker, Session& session, std::string_view why) {
  // A client that does not speak TLS at all may be a stranger's scan: nothing for an operator.
  const auto level = why == net::kNotTls ? log::Level::debug : log::Level::error;
  log::write(level, fmt::format("{} - TLS handshake error: {}", session.label(), why));
  close(worker, session, CloseReason::tls_handshake_failure);
}

void serveHandshake(Worker& worker, Session& session);

void takeEngineBack(Worker& worker, Session& session, std::unique_ptr<net::TlsEngine> engine) {
  static_cast<net::TlsTransport&>(*session.transport).takeBack(std::move(engine));
  // The client does not answer for the time that we took.
  Greeting& greeting = *session.greeting;
  greeting.step = Step::handshake;
  greeting.deadline += worker.shard.now() - greeting.lent;
  armTimeout(worker, session);
  serveHandshake(worker, session);
  worker.markReady(session);  // what the socket reported meanwhile was not looked at
}

// The private-key operation is dear: it would hold up the messages of everybody else on the shard.
// The session may close meanwhile; the engine then ends with the answer that nobody awaits.
void computeElsewhere(Worker& worker, Session& session) {
  session.greeting->step = Step::computing;
  session.greeting->lent = worker.shard.now();
  session.greeting->timer.cancel();
  auto engine = static_cast<net::TlsTransport&>(*session.transport).lendEngine();
  const bool has_begun = engine->hasBegun();
  Task step([home = &worker, id = session.id, engine = std::move(engine)]() mutable {
    engine->step();
    home->shard.postFromOutside(Task([home, id, engine = std::move(engine)]() mutable {
      Session* const waiting = home->find(id);
      if (waiting == nullptr) return freeElsewhere(*home, std::move(engine));
      takeEngineBack(*home, *waiting, std::move(engine));
    }));
  });
  CryptoThreads& threads = *worker.shared.handshakes;
  has_begun ? threads.submitAhead(std::move(step)) : threads.submit(std::move(step));
}

void serveHandshake(Worker& worker, Session& session) {
  Greeting& greeting = *session.greeting;
  if (greeting.timed_out) {
    log::debug("{} - TLS handshake timeout", session.label());
    close(worker, session, CloseReason::tls_handshake_failure);
    return;
  }
  auto& tls = static_cast<net::TlsTransport&>(*session.transport);
  switch (tls.handshake()) {
    case net::TlsTransport::Handshake::wants_input:
    case net::TlsTransport::Handshake::wants_room: return;
    case net::TlsTransport::Handshake::wants_step: computeElsewhere(worker, session); return;
    case net::TlsTransport::Handshake::failed:
      failHandshake(worker, session, failureOf(session, tls));
      return;
    case net::TlsTransport::Handshake::done: break;
  }
  // By the rules in force now: a reload may have come since the handshake began.
  if (worker.settings->tls != nullptr && !tls.isPinned(*worker.settings->tls)) {
    failHandshake(worker, session, "certificate not pinned");
    return;
  }
  log::debug("{} - TLS handshake complete", session.label());
  const net::TlsFacts facts = tls.tlsFacts();
  log::debug("{} - TLS version {}, cipher suite {}", session.label(), facts.version,
             facts.cipher_suite);
  beginProtocol(worker, session);
}

bool exceedsConnectionLimit(Worker& worker, Session& session) {
  const auto limit = worker.settings->options.max_connections;
  const auto before = worker.shared.connections.fetch_add(1, std::memory_order_relaxed);
  session.counted = true;
  return before >= limit;
}

void reportThrottled(void* owner) {
  const auto count = static_cast<Worker*>(owner)->shared.tls_rate.takeRefused();
  if (count > 0) log::warn("Rejected {} connections due to TLS rate limiting", count);
}

bool exceedsTlsRate(Worker& worker) {
  const Settings& settings = *worker.settings;
  if (settings.tls == nullptr) return false;
  const auto limit = settings.options.tls.connection_rate_limit;
  if (worker.shared.tls_rate.admit(limit, worker.shard.now())) return false;
  if (!worker.throttle_timer.isArmed()) {
    worker.shard.wheel().arm(worker.throttle_timer, worker.shard.now(), std::chrono::seconds(1),
                             reportThrottled, &worker);
  }
  return true;
}

void refuse(Worker& worker, Session& session, std::string_view text) {
  if (log::admitOncePerSecond(text)) log::error("{} - {}", session.label(), text);
  if (session.phase != Phase::greeting) return;
  session.phase = Phase::open;
  sendError(worker, session, text);
  close(worker, session, CloseReason::max_connections_exceeded);
}

// The first step of a connection that is not simply plain.
void beginGreeting(Worker& worker, Session& session) {
  const config::Options& options = worker.settings->options;
  session.greeting = std::make_unique<Greeting>();
  session.greeting->settings = worker.settings;
  session.is_proxied = options.proxy_protocol;
  const bool tls_first = worker.settings->tls != nullptr && options.tls.handshake_first;
  if (!tls_first) sendInfoOnce(worker, session);
  session.tls_first = tls_first && options.tls.handshake_first_fallback.count() == 0;
  if (tls_first && options.tls.handshake_first_fallback.count() > 0) {
    enter(worker, session, Step::first_bytes, options.tls.handshake_first_fallback);
  } else if (options.proxy_protocol) {
    enter(worker, session, Step::proxy_header, kProxyTimeout);
  } else {
    decideTransport(worker, session);
  }
}

// Only notes what the turn is to do.
void onSocketReady(void* owner, net::Readiness readiness) {
  auto& session = *static_cast<Session*>(owner);
  if (readiness.hung_up) session.transport->noteHangUp();
  if (readiness.writable && session.is_blocked) {
    session.is_blocked = false;
    session.worker->markDirty(session);
  }
  const bool may_read = readiness.readable || readiness.hung_up || session.phase == Phase::greeting;
  if (may_read) session.worker->markReady(session);
}

}  // namespace

void accept(Worker& worker, int fd, net::PeerAddress peer) {
  Session& session = worker.addSession(std::make_unique<net::PlainTransport>(net::Socket(fd)));
  session.watch = {onSocketReady, &session};
  session.peer = std::move(peer);
  session.cid = worker.shared.next_cid.fetch_add(1, std::memory_order_relaxed);
  session.started = wallNow();
  session.started_mono = session.last_activity = worker.shard.now();
  session.setTraced(worker.tracing);
  worker.shared.total_connections.fetch_add(1, std::memory_order_relaxed);
  log::debug("{} - Client connection created", session.label());
  const Settings& settings = *worker.settings;
  if (!worker.shard.poller().watchStream(fd, session.watch)) {
    log::error("{} - Error watching the socket: {}", session.label(), errnoText(errno));
    close(worker, session, CloseReason::read_error);
  } else if (exceedsConnectionLimit(worker, session)) {
    sendInitialInfo(worker, session);
    refuse(worker, session, protocol::kMaxConnectionsExceeded);
  } else if (exceedsTlsRate(worker)) {
    if (!settings.options.tls.handshake_first) sendInitialInfo(worker, session);
    refuse(worker, session, protocol::kConnectionThrottling);
  } else if (settings.tls != nullptr || settings.options.proxy_protocol) {
    beginGreeting(worker, session);
  } else {
    sendInitialInfo(worker, session);
    beginProtocol(worker, session);
  }
}

void freeElsewhere(Worker& worker, std::unique_ptr<net::TlsEngine> engine) {
  if (engine != nullptr)
    worker.shared.handshakes->submitAhead(Task([engine = std::move(engine)] {}));
}

bool serveGreeting(Worker& worker, Session& session) {
  Greeting& greeting = *session.greeting;
  if (greeting.step == Step::computing) return false;
  const bool was_handshake = greeting.step == Step::handshake;
  net::IoState read = net::IoState::drained;
  if (!was_handshake) read = readAhead(worker, session);
  if (session.phase == Phase::greeting && greeting.step == Step::first_bytes) {
    serveFirstBytes(worker, session);
  }
  if (session.phase == Phase::greeting && greeting.step == Step::proxy_header) {
    serveProxyHeader(worker, session);
  }
  if (session.phase == Phase::greeting && greeting.step == Step::tls_or_plain) {
    serveTlsOrPlain(worker, session);
  }
  if (session.phase == Phase::greeting && greeting.step == Step::handshake) {
    if (!session.is_tls) startTls(worker, session);
    serveHandshake(worker, session);
  }
  const bool goes_on = session.phase == Phase::greeting && read == net::IoState::more;
  return session.phase == Phase::open || goes_on;
}

}  // namespace gannet::server
