#include "base/go_quote.h"
#include "config/language/go_duration.h"
#include "config/later/block_keys.h"
#include "config/later/blocks.h"
#include "config/later/part.h"

#include <fmt/format.h>

#include <array>

// Blocks that let clients in by other ways than the client port: websocket, mqtt, proxies.
namespace gannet::config {
namespace {

// The reference takes any text for one second here.
void checkSimpleTimeout(const Found& found, Findings& findings) {
  if (found.value().as<std::string>() == nullptr) checkLoginTimeout(found, findings);
}

constexpr auto kSimpleLogin = std::to_array<KeyRow>({
    {"token", &checkText},
    {"timeout", &checkSimpleTimeout},
});

void checkSimpleLogin(const Found& found, Findings& findings) {
  checkLogin(found, kSimpleLogin, findings);
}

void checkOrigins(const Found& found, Findings& findings) {
  checkTextList(found, "allowed origins", findings);
}

void checkHandshakeTimeout(const Found& found, Findings& findings) {
  if (found.value().as<std::int64_t>() != nullptr) return;
  const auto* text = found.value().as<std::string>();
  if (text == nullptr) {
    return findings.error(found.at(),
                          fmt::format("error parsing handshake timeout: unsupported type {}",
                                      typeName(found.value())));
  }
  if (const auto duration = parseDuration(*text); !duration) {
    findings.error(found.at(), duration.error().text);
  }
}

void checkHeaders(const Found& found, Findings& findings) {
  const auto* map = found.value().as<Map>();
  if (map == nullptr) {
    return findings.error(found.at(), fmt::format("error parsing headers: unsupported type {}",
                                                  typeName(found.value())));
  }
  for (const Found& header : inFileOrder(*map)) {
    if (header.value().as<std::string>() != nullptr) continue;
    findings.error(header.at(), fmt::format("error parsing header key {}: unsupported type {}",
                                            header.name, typeName(header.value())));
  }
}

constexpr auto kWebSocketKeys = std::to_array<KeyRow>({
    {"listen", &checkListenAddress},
    {"port", &checkInt},
    {"host net", &checkText},
    {"advertise", &checkText},
    {"tls", &checkTlsBlock},
    {"no_tls same_origin compression compress", &checkBool},
    {"allowed_origins allowed_origin allow_origins allow_origin origins origin", &checkOrigins},
    {"handshake_timeout", &checkHandshakeTimeout},
    {"authorization authentication", &checkSimpleLogin},
    {"no_auth_user", &checkText},
    {"jwt_cookie user_cookie pass_cookie token_cookie", &checkText},
    {"headers", &checkHeaders},
    {"ping_interval", &checkDuration},
});

void checkAckPending(const Found& found, Findings& findings) {
  const auto* count = expect<std::int64_t>(found.value(), found.at(), findings);
  if (count == nullptr || (*count >= 0 && *count <= 65535)) return;
  findings.error(found.at(), fmt::format("invalid value {}, should in [0..65535] range", *count));
}

void warnOfConsumerReplicas(const Found& found, Findings& findings) {
  findings.warnOfUse(found.at(), found.name,
                     "consumer replicas setting ignored in this server version");
}

constexpr auto kMqttKeys = std::to_array<KeyRow>({
    {"listen", &checkListenAddress},
    {"port", &checkInt},
    {"host net", &checkText},
    {"tls", &checkTlsBlock},
    {"authorization authentication", &checkSimpleLogin},
    {"no_auth_user js_domain", &checkText},
    {"ack_wait ackwait js_api_timeout api_timeout", &checkDuration},
    {"max_ack_pending max_pending max_inflight", &checkAckPending},
    {"stream_replicas", &checkInt},
    {"consumer_replicas", &warnOfConsumerReplicas},
    {"consumer_memory_storage reject_qos2_publish downgrade_qos2_subscribe", &checkBool},
    {"consumer_inactive_threshold consumer_auto_cleanup", &checkDuration},
});

void checkTrusted(const Found& found, Findings& findings) {
  const auto* array = found.value().as<Array>();
  if (array == nullptr) {
    return findings.error(found.at(),
                          fmt::format("expected proxies' trusted field to be an array, got {}",
                                      typeName(found.value())));
  }
  if (!array->empty()) refuseInside("proxies", found, Part::proxies, findings);
}

constexpr auto kProxyKeys = std::to_array<KeyRow>({{"trusted", &checkTrusted}});

}  // namespace

void readWebSocket(const Found& found, Options& /*out*/, Findings& findings) {
  const Map* const map = blockOf(found, "Expected websocket to be a map", findings);
  if (map == nullptr) return;
  if (isListening(*map)) return refuse(found, Part::websocket, findings);
  checkKeys(*map, kWebSocketKeys, findings);
}

void readMqtt(const Found& found, Options& /*out*/, Findings& findings) {
  const Map* const map = blockOf(found, "Expected mqtt to be a map", findings);
  if (map == nullptr) return;
  if (isListening(*map)) return refuse(found, Part::mqtt, findings);
  checkKeys(*map, kMqttKeys, findings);
}

void readProxies(const Found& found, Options& /*out*/, Findings& findings) {
  const Map* const map = blockOf(found, "expected proxies to be a map/struct", findings);
  if (map != nullptr) checkKeys(*map, kProxyKeys, findings);
}

}  // namespace gannet::config
