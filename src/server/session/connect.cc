#include "server/session/connect.h"

#include "auth/simple_auth.h"
#include "protocol/err_text.h"
#include "protocol/info.h"
#include "protocol/redact.h"
#include "server/delivery/closing.h"
#include "server/delivery/output.h"
#include "server/delivery/relay.h"
#include "server/delivery/stall.h"
#include "server/delivery/subscribe.h"
#include "server/session/input.h"
#include "server/session/keepalive.h"
#include "server/session/password_queue.h"
#include "server/state/greeting.h"
#include "server/state/server_info.h"
#include "server/state/session.h"
#include "server/state/session_log.h"
#include "server/state/settings.h"
#include "server/state/shard.h"

#include <memory>

namespace gannet::server {
namespace {

using protocol::CloseReason;

void refuse(Shard& shard, Session& session, std::string_view text, CloseReason reason) {
  sendError(shard, session, text);
  close(shard, session, reason);
}

// How monitoring calls a client, let in or not: as it calls itself, asked or not.
std::string_view shownUser(const protocol::ConnectOptions& connect) {
  if (!connect.user.empty()) return connect.user;
  return connect.auth_token.empty() ? std::string_view(connect.nkey) : protocol::kRedacted;
}

void refuseUnauthorized(Shard& shard, Session& session) {
  const auto& connect = *session.connect;
  session.identity.user = shownUser(connect);
  std::string who;
  if (!connect.user.empty()) {
    who = fmt::format(" - User {}", protocol::quoteSent(connect.user));
  } else if (!connect.auth_token.empty()) {
    who = " - Token \"[REDACTED]\"";
  }
  logOf(session, log::Level::error, "authentication error{}", who);
  refuse(shard, session, protocol::kAuthorizationViolation, CloseReason::authentication_failure);
}

// Of a client that was let in by rules that are no longer in force. Who gave a name hears nothing,
// as in the reference. Spec: config-and-cli §8.5
void turnOut(Shard& shard, Session& session) {
  const bool gave_name = !session.connect->user.empty() || !session.connect->nkey.empty();
  if (gave_name) return close(shard, session, CloseReason::client_closed);
  refuseUnauthorized(shard, session);
}

// The checks that follow a successful authentication, in the reference's order.
void acceptConnect(Shard& shard, Session& session) {
  const protocol::ConnectOptions& connect = *session.connect;
  if (!connect.account.empty() || connect.new_account) {
    refuseUnauthorized(shard, session);
    return;
  }
  session.is_named = true;
  if (connect.protocol < 0 || connect.protocol > 1) {
    logOf(session, log::Level::error, "{}", protocol::kInvalidClientProtocol);
    return refuse(shard, session, protocol::kInvalidClientProtocol,
                  CloseReason::bad_client_protocol_version);
  }
  if (connect.no_responders && !session.headersEnabled()) {
    logOf(session, log::Level::error, "{}", protocol::kNoRespondersRequiresHeaders);
    return refuse(shard, session, protocol::kNoRespondersRequiresHeaders,
                  CloseReason::no_responders_requires_headers);
  }
  session.must_connect = false;
  session.keepalive.auth_timer.cancel();
  session.updatePlainness();
  scheduleFirstPing(shard, session);
  sendOk(shard, session);
}

// How monitoring and the log call the client from now on.
void nameUser(Session& session) {
  const protocol::ConnectOptions& connect = *session.connect;
  session.identity.user = shownUser(connect);
  if (!connect.user.empty()) {
    session.identity.label = fmt::format("user:{}", connect.user);
  } else if (!connect.auth_token.empty()) {
    session.identity.label = "token";
  } else if (!connect.nkey.empty()) {
    session.identity.label = fmt::format("nkey:{}", connect.nkey);
  }
}

void onAuthenticated(Shard& shard, Session& session, bool is_valid) {
  if (session.phase != Phase::open) return;
  if (!is_valid) {
    refuseUnauthorized(shard, session);
    return;
  }
  nameUser(session);
  acceptConnect(shard, session);
}

void authenticate(Shard& shard, Session& session) {
  const auth::Credentials wanted = wantedCredentials(*shard.settings);
  if (!shard.settings->auth_required) {
    nameUser(session);
    acceptConnect(shard, session);
  } else if (auth::isSlow(wanted)) {
    pause(session);
    queuePasswordCheck(shard, session, PasswordCheck::login);
  } else {
    onAuthenticated(shard, session, auth::matches(wanted, shownCredentials(session)));
  }
}

void applyConnect(const Shard& shard, Session& session) {
  const bool headers = session.connect->headers && !shard.settings->options.no_header_support;
  const auto set = [&session](std::uint8_t bit, bool on) {
    session.flags = static_cast<std::uint8_t>(on ? session.flags | bit : session.flags & ~bit);
  };
  set(flags::kHeaderless, !headers);
  set(flags::kNoEcho, !session.connect->echo);
}

void sendInfo(Shard& shard, Session& session, const protocol::ServerInfo& info) {
  sendText(shard, session, protocol::encodeInfo(info));
}

}  // namespace

void beginProtocol(Shard& shard, Session& session) {
  if (session.phase != Phase::greeting) return;  // INFO alone was too much for max_pending
  std::string received;
  const bool info_sent = session.greeting == nullptr || session.greeting->info_sent;
  if (session.greeting != nullptr) received = std::move(session.greeting->received);
  session.greeting.reset();
  session.phase = Phase::open;
  session.must_connect = shard.settings->auth_required;
  if (!info_sent) sendInitialInfo(shard, session);
  startKeepalive(shard, session);
  if (!received.empty()) takeBuffered(shard, session, bufferInput(received));
  shard.markReady(session);
}

void sendInitialInfo(Shard& shard, Session& session) {
  sendInfo(shard, session, initialInfo(shard, session));
}

void sendConnectInfo(Shard& shard, Session& session) {
  sendInfo(shard, session, connectInfo(shard, session));
}

void sendAsyncInfo(Shard& shard, Session& session) {
  const bool can_take = session.connect->protocol >= 1 && session.keepalive.first_ping_answered;
  if (can_take) sendInfo(shard, session, asyncInfo(shard, session));
}

void onConnect(Shard& shard, Session& session, std::string_view json) {
  if (session.own_connect == nullptr) {
    session.own_connect = std::make_unique<protocol::ConnectOptions>();
    session.connect = session.own_connect.get();
  }
  const auto decoded = protocol::decodeConnect(json, *session.own_connect);
  if (!decoded) {
    logOf(session, log::Level::error, "{}", decoded.error().text);
    close(shard, session, CloseReason::protocol_violation);
    return;
  }
  session.takes_fast_path = false;
  if (session.got_connect) {
    unsubscribeAll(shard, session);
    session.account->sync();
  }
  session.got_connect = true;
  session.keepalive.rtt = monoNow() - session.started_mono;
  applyConnect(shard, session);
  authenticate(shard, session);
}

void reauthenticate(Shard& shard, Session& session) {
  if (session.phase != Phase::open) return;
  if (!shard.settings->auth_required) {
    if (!session.got_connect) session.must_connect = false;
    return;
  }
  if (!session.got_connect) {
    refuseUnauthorized(shard, session);
    return;
  }
  if (session.check == PasswordCheck::login) return;  // its answer meets the new rules
  const auth::Credentials wanted = wantedCredentials(*shard.settings);
  if (auth::isSlow(wanted)) {
    queuePasswordCheck(shard, session, PasswordCheck::review);
  } else if (!auth::matches(wanted, shownCredentials(session))) {
    turnOut(shard, session);
  }
}

void onPasswordChecked(Shard& shard, Session& session, PasswordCheck check, PasswordAnswer answer) {
  const bool is_login = check == PasswordCheck::login;
  if (is_login) resume(shard, session);
  if (answer == PasswordAnswer::outdated) {
    is_login ? authenticate(shard, session) : reauthenticate(shard, session);
  } else if (is_login) {
    onAuthenticated(shard, session, answer == PasswordAnswer::valid);
  } else if (answer == PasswordAnswer::invalid) {
    turnOut(shard, session);
  }
}

void onInfo(Shard& shard, Session& session, std::string_view json) {
  const auto read = protocol::checkInfo(json);
  if (read) return;
  logOf(session, log::Level::error, "{}", read.error().text);
  close(shard, session, CloseReason::protocol_violation);
}

bool admitsBeforeConnect(Shard& shard, Session& session, char first) {
  if (first == 'C' || first == 'c') return true;
  refuseUnauthorized(shard, session);
  return false;
}

}  // namespace gannet::server
