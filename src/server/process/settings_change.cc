#include "server/process/settings_change.h"

#include "auth/simple_auth.h"
#include "base/go_quote.h"
#include "base/rng.h"
#include "config/tls_names.h"
#include "net/tls_context.h"
#include "protocol/err_text.h"
#include "server/delivery/closing.h"
#include "server/delivery/output.h"
#include "server/session/connect.h"
#include "server/shards/shard_set.h"
#include "server/state/session.h"
#include "server/state/shard.h"
#include "server/state/shared.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <charconv>

namespace gannet::server {
namespace {

using protocol::CloseReason;

struct Advertised {
  std::string host;
  int port = 0;  // 0: the listener's
};

// "host[:port]". Errors in Go's words. Spec: config-and-cli §3.1, "client_advertise"
Result<Advertised, Error> parseAdvertise(const std::string& text) {
  const bool is_bracketed = text.starts_with('[');
  const std::size_t close = text.find(']');
  const std::string host =
      is_bracketed ? text.substr(1, close - 1) : text.substr(0, text.find(':'));
  const std::string rest =
      is_bracketed ? text.substr(std::min(close, text.size() - 1) + 1) : text.substr(host.size());
  if (is_bracketed && close == std::string::npos) {
    return Error{fmt::format("address {}: missing ']' in address", text)};
  }
  if (rest.empty()) return Advertised{host, 0};
  if (rest.find(':', 1) != std::string::npos) {
    return Error{fmt::format("address {}: too many colons in address", text)};
  }
  const std::string digits = rest.substr(1);
  int port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size()) {
    return Error{fmt::format("strconv.Atoi: parsing {}: invalid syntax", goQuote(digits))};
  }
  return Advertised{host, std::max(port, 0)};
}

void warnOf(const std::vector<std::string>& unavailable, std::string_view what) {
  for (const std::string& name : unavailable)
    log::warn("TLS {} {} is not available and will not be offered", what, name);
}

}  // namespace

Result<net::TlsContextPtr, Error> makeTlsContext(const config::TlsOptions& tls) {
  if (!tls.is_on) return net::TlsContextPtr();
  net::TlsSettings settings;
  for (const auto& pair : tls.certificates) {
    settings.certificates.push_back({pair.chain, pair.key});
  }
  settings.roots = tls.roots;
  settings.verify = tls.verify;
  const config::TlsChoice suites = config::chooseCipherSuites(tls.cipher_suites);
  const config::TlsChoice curves = config::chooseCurves(tls.curve_preferences);
  if (curves.openssl.empty()) return Error{"TLS curve preferences: none is available"};
  settings.requires_tls13 = tls.requires_tls13 || suites.openssl.empty();
  settings.ciphers = suites.openssl;
  settings.groups = curves.openssl;
  settings.pinned = tls.pinned_certs;
  return net::TlsContext::create(settings);
}

void warnOfMissingTlsChoices(const config::TlsOptions& tls) {
  if (!tls.is_on) return;
  warnOf(config::chooseCipherSuites(tls.cipher_suites).unavailable, "cipher suite");
  warnOf(config::chooseCurves(tls.curve_preferences).unavailable, "curve");
}

Result<SettingsPtr, Error> completeSettings(const config::Options& options, net::TlsContextPtr tls,
                                            const ServerIdentity& identity) {
  auto settings = std::make_shared<Settings>();
  settings->options = options;
  settings->tls = std::move(tls);
  const auto& authorization = options.authorization;
  // As in the reference, a password without a user asks for nothing.
  settings->auth_required = !authorization.user.empty() || !authorization.token.empty();
  settings->advertised_host = options.host;
  settings->advertised_port = identity.port;
  if (!options.client_advertise.empty()) {
    const auto advertised = parseAdvertise(options.client_advertise);
    if (!advertised) {
      return Error{fmt::format("ClientAdvertise value of {}, err={}", options.client_advertise,
                               advertised.error().text)};
    }
    settings->advertised_host = advertised->host;
    if (advertised->port != 0) settings->advertised_port = advertised->port;
  }
  return SettingsPtr(std::move(settings));
}

void applySettings(Shard& shard, SettingsPtr settings) {
  const bool did_log = shard.logs_protocol;
  const SettingsPtr before = std::exchange(shard.settings, std::move(settings));
  const config::Options& options = shard.settings->options;
  const bool has_new_rules = before->options.authorization != options.authorization;
  shard.logs_protocol = options.trace;
  shard.forEachSession([&](Session& session) {
    session.max_payload = static_cast<std::uint32_t>(options.max_payload);
    if (did_log != shard.logs_protocol) session.logProtocol(shard.logs_protocol);
    session.soft_limit = session.is_blocked ? 0 : shard.settings->softLimit();
    session.updatePlainness();
    if (has_new_rules) reauthenticate(shard, session);
  });
}

void enforceMaxConnections(ShardSet& shards, const Settings& settings) {
  const auto places = shards.keepPlaces();
  std::vector<std::vector<SessionId>> by_shard(shards.size());
  shards.onEachAndWait([&by_shard](Shard& shard) {
    auto& here = by_shard[shard.loop.id()];
    shard.forEachSession([&here](const Session& session) {
      if (session.counted) here.push_back(session.id);
    });
  });
  std::vector<SessionId> all;
  for (const auto& here : by_shard)
    all.insert(all.end(), here.begin(), here.end());
  const std::int64_t limit = std::max<std::int64_t>(settings.options.max_connections, 0);
  if (static_cast<std::int64_t>(all.size()) <= limit) return;
  Rng rng(randomSeed());
  for (std::size_t i = all.size(); i > 1; --i)
    std::swap(all[i - 1], all[rng.below(static_cast<std::uint32_t>(i))]);
  all.resize(all.size() - static_cast<std::size_t>(limit));
  log::info("Closed {} connections to fall within max_connections", all.size());
  shards.onEachAndWait([&all](Shard& shard) {
    for (const SessionId id : all) {
      Session* const session = id.shard == shard.loop.id() ? shard.find(id) : nullptr;
      if (session == nullptr) continue;
      sendError(shard, *session, protocol::kMaxConnectionsExceeded);
      close(shard, *session, CloseReason::max_connections_exceeded);
    }
  });
}

std::size_t enforcePinnedCerts(ShardSet& shards) {
  std::atomic<std::size_t> count{0};
  shards.onEachAndWait([&count](Shard& shard) {
    const auto tls = shard.settings->tls;
    shard.forEachSession([&](Session& session) {
      // A handshake under way is asked at its end.
      if (tls == nullptr || !session.is_tls || session.phase == Phase::greeting) return;
      if (session.transport->isPinned(*tls)) return;
      count.fetch_add(1, std::memory_order_relaxed);
      close(shard, session, CloseReason::tls_handshake_failure);
    });
  });
  return count.load();
}

bool hasPlainPassword(const config::Options& options) {
  const std::string& password = options.authorization.password;
  return !password.empty() && !auth::isBcrypt(password);
}

log::Settings logSettings(const config::Options& options, const std::string& program) {
  return {.file = options.log_file,
          .size_limit_bytes = options.log_size_limit,
          .file_max_num = static_cast<int>(options.log_max_num),
          .syslog = options.syslog,
          .remote_syslog = options.remote_syslog,
          .tag = program,
          .has_time = options.logtime,
          .utc = options.logtime_utc,
          .debug = options.debug,
          .trace = options.trace};
}

}  // namespace gannet::server
