#include "server/state/session.h"

#include "base/assert.h"
#include "protocol/pub_line.h"
#include "protocol/redact.h"
#include "server/state/greeting.h"
#include "server/state/session_log.h"
#include "server/state/settings.h"
#include "server/state/shard.h"

#include <fmt/format.h>

#include <algorithm>

namespace gannet::server {

namespace {

// What holds for a client that has not sent CONNECT.
const protocol::ConnectOptions kBeforeConnect;

}  // namespace

Session::Session(Shard& owner, SessionId name, std::unique_ptr<net::Transport> stream)
    : shard(&owner),
      id(name),
      flags(flags::kHeaderless),
      outbox(owner.pool),
      transport(std::move(stream)),
      connect(&kBeforeConnect) {}

Session::~Session() = default;

std::string Session::label() const {
  std::string text = fmt::format("{} - cid:{}", net::withPort(peer.ip, peer.port), cid);
  if (!is_named) return text;
  std::string parts;
  const auto add = [&parts](std::string_view prefix, const std::string& part) {
    if (part.empty()) return;
    if (!parts.empty()) parts += ':';
    parts.append(prefix).append(part);
  };
  add("v", connect->version);
  add("", connect->lang);
  add("", connect->name);
  if (!parts.empty()) text += " - " + protocol::quoteSent(parts);
  if (!identity.label.empty())
    text += fmt::format(" - \"{}/{}\"", account->account.name, protocol::redact(identity.label));
  return text;
}

void Session::updatePlainness() {
  const auto& options = shard->settings->options;
  takes_fast_path = got_connect && !must_connect && !connect->verbose && !connect->pedantic &&
                    !logs_protocol &&
                    options.max_control_line >= static_cast<std::int64_t>(protocol::kMaxPubLine);
}

void Session::bind(AccountView& to, const auth::PermissionSet& set) {
  GANNET_ASSERT(account == nullptr || account == &to || subs.empty());
  if (account != nullptr) unbind();
  account = &to;
  identity.permissions = &set;
  memo = &to.enter(set);
}

void Session::unbind() {
  account->leave(*memo);
  account = nullptr;
  memo = nullptr;
}

void Session::logProtocol(bool on) {
  logs_protocol = on;
  updatePlainness();
  if (on) {
    flags |= flags::kLogged;
  } else {
    flags &= static_cast<std::uint8_t>(~flags::kLogged);
  }
}

void Session::noteHighWater(std::size_t bytes, std::string_view subject) {
  if (bytes <= traffic.pending_high && !worst_subject.empty()) return;
  traffic.pending_high = std::max(traffic.pending_high, bytes);
  if (worst_subject != subject) worst_subject = subject;
}

}  // namespace gannet::server
