#include "base/go_quote.h"
#include "config/later/block_keys.h"
#include "config/later/blocks.h"
#include "config/later/part.h"
#include "config/option_readers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

namespace gannet::config {
namespace {

// ---- cluster

void checkClusterName(const Found& found, Findings& findings) {
  const auto* name = expect<std::string>(found.value(), found.at(), findings);
  if (name == nullptr) return;
  if (const auto fault = faultOfClusterName(*name); !fault.empty()) {
    findings.error(found.at(), fault);
  }
}

void checkRoutes(const Found& found, Findings& findings) {
  checkUrls(found, "route", findings);
}

void checkRouteAccounts(const Found& found, Findings& findings) {
  checkTextList(found, "accounts", findings);
}

void checkRoutePings(const Found& found, Findings& findings) {
  std::chrono::nanoseconds interval{0};
  read(found, interval, findings);
  if (interval <= std::chrono::seconds(30)) return;
  findings.warning(found.at(),
                   "Cluster 'ping_interval' will reset to 30s which is the max for routes");
}

void checkPermissions(const Found& found, Findings& findings) {
  if (found.value().as<Map>() != nullptr) return;
  findings.errorWithoutPosition(
      fmt::format("Expected permissions to be a map/struct, got {}", display(found.value())));
}

// A key of `authorization` that the block around it does not know, whatever its value.
constexpr auto kRefusedLogins = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"users", "does not allow multiple users"},
    {"token", "does not support tokens"},
    {"auth_callout auth_hook", "does not support callouts"},
});

constexpr auto kServerLogin = std::to_array<KeyRow>({
    {"users token auth_callout auth_hook", &checkAnything},
    {"permissions default_permissions default_permission", &checkMap},
    {"proxy_required", &checkBool},
    {"timeout", &checkLoginTimeout},
});

// The authorization of servers to each other: one user.
void checkServerLogin(const Found& found, std::string_view block, Findings& findings) {
  checkLogin(found, kServerLogin, findings);
  const auto* map = found.value().as<Map>();
  if (map == nullptr) return;
  for (const auto& [names, why] : kRefusedLogins) {
    const bool is_there = std::any_of(map->begin(), map->end(), [names = names](const auto& entry) {
      return isNamed(names, lowerCased(entry.first));
    });
    if (is_there) {
      return findings.error(found.at(), fmt::format("{} authorization {}", block, why));
    }
  }
}

void checkClusterLogin(const Found& found, Findings& findings) {
  checkServerLogin(found, "Cluster", findings);
  const auto* map = found.value().as<Map>();
  if (map == nullptr) return;
  for (const auto& [name, entry] : *map) {
    if (!lowerCased(name).ends_with("permissions")) continue;
    findings.warnOfUse(found.at(), found.name,
                       "setting \"permissions\" within cluster authorization block is deprecated");
  }
}

constexpr auto kClusterKeys = std::to_array<KeyRow>({
    {"name", &checkClusterName},
    {"listen", &checkListenAddress},
    {"port", &checkInt},
    {"host net", &checkText},
    {"authorization", &checkClusterLogin},
    {"permissions", &checkPermissions},
    {"routes", &checkRoutes},
    {"tls", &checkTlsBlock},
    {"advertise cluster_advertise", &checkText},
    {"no_advertise", &checkBool},
    {"connect_retries", &checkInt},
    {"connect_backoff", &checkBool},
    {"pool_size", &checkInt},
    {"accounts", &checkRouteAccounts},
    {"compression", &checkCompression},
    {"ping_interval", &checkRoutePings},
    {"ping_max", &checkInt},
    {"write_deadline", &checkDuration},
    {"write_timeout", &checkWriteTimeout},
});

// ---- gateway

void checkGatewayLogin(const Found& found, Findings& findings) {
  checkServerLogin(found, "Gateway", findings);
}

void checkGatewayUrl(const Found& found, Findings& findings) {
  if (expect<std::string>(found.value(), found.at(), findings) == nullptr) return;
  const Value list{Array{found.value()}, found.at()};
  const Entry entry{list, found.at()};
  checkUrls({found.name, &entry}, "gateway", findings);
}

void checkGatewayUrls(const Found& found, Findings& findings) {
  checkUrls(found, "gateway", findings);
}

constexpr auto kRemoteGatewayKeys = std::to_array<KeyRow>({
    {"name", &checkText},
    {"url", &checkGatewayUrl},
    {"urls", &checkGatewayUrls},
    {"tls", &checkTlsBlock},
});

void checkRemoteGateways(const Found& found, Findings& findings) {
  if (found.value().as<Array>() == nullptr) {
    return findings.errorWithoutPosition(
        fmt::format("Expected gateways field to be an array, got {}", typeName(found.value())));
  }
  checkMaps(found, "gateway", kRemoteGatewayKeys, findings);
}

constexpr auto kGatewayKeys = std::to_array<KeyRow>({
    {"name", &checkText},
    {"listen", &checkListenAddress},
    {"port", &checkInt},
    {"host net", &checkText},
    {"authorization", &checkGatewayLogin},
    {"tls", &checkTlsBlock},
    {"advertise", &checkText},
    {"connect_retries", &checkInt},
    {"connect_backoff", &checkBool},
    {"reject_unknown_cluster reject_unknown", &checkBool},
    {"gateways", &checkRemoteGateways},
    {"write_deadline", &checkDuration},
    {"write_timeout", &checkWriteTimeout},
});

// ---- leafnodes

constexpr auto kLeafUserKeys = std::to_array<KeyRow>({
    {"user username", &checkText},
    {"pass password", &checkText},
    {"account", &checkText},
    {"proxy_required", &checkBool},
});

void checkLeafUsers(const Found& found, Findings& findings) {
  if (found.value().as<Array>() == nullptr) {
    return findings.error(found.at(), fmt::format("Expected users field to be an array, got {}",
                                                  display(found.value())));
  }
  checkMaps(found, "user", kLeafUserKeys, findings);
}

void checkLeafTimeout(const Found& found, Findings& findings) {
  double scratch = 0;
  static_cast<void>(readSeconds(found, {"error parsing leafnode authorization config, ", true},
                                scratch, findings));
}

constexpr auto kLeafLoginKeys = std::to_array<KeyRow>({
    {"nkey", &checkText},
    {"account", &checkText},
    {"users", &checkLeafUsers},
    {"proxy_required", &checkBool},
    {"timeout", &checkLeafTimeout},
});

void checkLeafLogin(const Found& found, Findings& findings) {
  checkLogin(found, kLeafLoginKeys, findings);
  const auto* map = found.value().as<Map>();
  if (map == nullptr) return;
  bool has_user = false;
  bool has_nkey = false;
  bool has_users = false;
  for (const auto& [key, entry] : *map) {
    const std::string name = lowerCased(key);
    const auto* text = entry.value.as<std::string>();
    const auto* users = entry.value.as<Array>();
    has_user = has_user || (isNamed("user username", name) && text != nullptr && !text->empty());
    has_nkey = has_nkey || (name == "nkey" && text != nullptr && !text->empty());
    has_users = has_users || (name == "users" && users != nullptr && !users->empty());
  }
  if (has_users && (has_user || has_nkey)) {
    findings.error(found.at(), fmt::format("can not have a single {} and a users array",
                                           has_nkey ? "nkey" : "user/pass"));
  }
}

constexpr auto kRemoteLeafKeys = std::to_array<KeyRow>({
    {"url urls", &checkAnything},
    {"account local", &checkText},
    {"credentials creds", &checkText},
    {"nkey seed", &checkText},
    {"tls", &checkTlsBlock},
    {"no_randomize dont_randomize hub disabled", &checkBool},
    {"deny_imports deny_import deny_exports deny_export", &checkAnything},
    {"ws_compression ws_compress websocket_compression websocket_compress", &checkBool},
    {"ws_no_masking websocket_no_masking", &checkBool},
    {"jetstream_cluster_migrate js_cluster_migrate", &checkAnything},
    {"isolate_leafnode_interest isolate request_isolation", &checkBool},
    {"compression", &checkCompression},
    {"first_info_timeout dial_timeout", &checkDuration},
    {"ignore_discovered_servers", &checkBool},
    {"proxy", &checkMap},
});

void checkRemoteLeafs(const Found& found, Findings& findings) {
  if (found.value().as<Array>() == nullptr) {
    return findings.error(found.at(), fmt::format("Expected remotes field to be an array, got {}",
                                                  typeName(found.value())));
  }
  checkMaps(found, "remote leafnode", kRemoteLeafKeys, findings);
}

// "2.10.4"; what may follow behind "-" or "+" says nothing of the order.
std::optional<std::array<int, 3>> parseVersion(std::string_view text) {
  std::array<int, 3> version{};
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  for (std::size_t i = 0; i < version.size(); ++i) {
    if (i > 0 && (at == end || *at++ != '.')) return std::nullopt;
    const auto [next, error] = std::from_chars(at, end, version[i]);
    if (error != std::errc{} || *at == '-') return std::nullopt;
    at = next;
  }
  if (at != end && *at != '-' && *at != '+') return std::nullopt;
  return version;
}

void checkMinVersion(const Found& found, Findings& findings) {
  constexpr std::array<int, 3> kOldest{2, 8, 0};
  const auto* text = expect<std::string>(found.value(), found.at(), findings);
  if (text == nullptr) return;
  const auto version = parseVersion(*text);
  if (!version) {
    findings.error(found.at(), "invalid leafnode's minimum version: invalid semver");
  } else if (*version < kOldest) {
    findings.error(found.at(), "the minimum version should be at least 2.8.0");
  }
}

constexpr auto kLeafKeys = std::to_array<KeyRow>({
    {"listen", &checkListenAddress},
    {"port", &checkInt},
    {"host net", &checkText},
    {"authorization", &checkLeafLogin},
    {"remotes", &checkRemoteLeafs},
    {"reconnect reconnect_delay reconnect_interval dial_timeout", &checkDuration},
    {"tls", &checkTlsBlock},
    {"advertise leafnode_advertise", &checkText},
    {"no_advertise", &checkBool},
    {"min_version minimum_version", &checkMinVersion},
    {"compression", &checkCompression},
    {"isolate_leafnode_interest isolate", &checkBool},
    {"write_deadline", &checkDuration},
    {"write_timeout", &checkWriteTimeout},
});

// True if a remote of the block is to be dialled.
bool hasRemotes(const Map& block) {
  const auto is_on = [](const Value& remote) {
    const auto* map = remote.as<Map>();
    if (map == nullptr) return false;
    return std::none_of(map->begin(), map->end(), [](const auto& entry) {
      const auto* is_disabled = entry.second.value.template as<bool>();
      return lowerCased(entry.first) == "disabled" && is_disabled != nullptr && *is_disabled;
    });
  };
  return std::any_of(block.begin(), block.end(), [&is_on](const auto& entry) {
    const auto* array = entry.second.value.template as<Array>();
    return lowerCased(entry.first) == "remotes" && array != nullptr &&
           std::any_of(array->begin(), array->end(), is_on);
  });
}

}  // namespace

std::string_view faultOfClusterName(std::string_view name) {
  if (name.find(' ') != std::string_view::npos) return "cluster name cannot contain spaces";
  if (name == "_") return "cluster name is reserved";
  return {};
}

void readCluster(const Found& found, Options& out, Findings& findings) {
  const Map* const map = blockOf(found, "Expected map to define cluster", findings);
  if (map == nullptr) return;
  if (isListening(*map) && !out.switched_off.contains(Part::clusters)) {
    return refuse(found, Part::clusters, findings);
  }
  checkKeys(*map, kClusterKeys, findings);
  // The name is the server's too: clients and tools see it with the cluster off.
  for (const auto& [name, entry] : *map) {
    const auto* text = entry.value.as<std::string>();
    if (lowerCased(name) == "name" && text != nullptr) out.cluster_name = *text;
  }
}

void readGateway(const Found& found, Options& /*out*/, Findings& findings) {
  const Map* const map = blockOf(found, "Expected gateway to be a map", findings);
  if (map == nullptr) return;
  const bool is_named = std::any_of(map->begin(), map->end(), [](const auto& entry) {
    const auto* name = entry.second.value.template as<std::string>();
    return lowerCased(entry.first) == "name" && name != nullptr && !name->empty();
  });
  if (is_named || isListening(*map)) return refuse(found, Part::gateways, findings);
  checkKeys(*map, kGatewayKeys, findings);
}

void readLeafNodes(const Found& found, Options& /*out*/, Findings& findings) {
  const Map* const map = blockOf(found, "Expected map to define a leafnode", findings);
  if (map == nullptr) return;
  if (hasRemotes(*map) || isListening(*map)) return refuse(found, Part::leaf_nodes, findings);
  checkKeys(*map, kLeafKeys, findings);
}

}  // namespace gannet::config
