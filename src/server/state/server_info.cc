#include "server/state/server_info.h"

#include "server/state/session.h"
#include "server/state/settings.h"
#include "server/state/shard.h"
#include "server/state/shared.h"

namespace gannet::server {
namespace {

protocol::ServerInfo baseInfo(const Shard& shard, const Session& session) {
  const Settings& settings = *shard.settings;
  const ServerIdentity& identity = shard.shared.identity;
  protocol::ServerInfo info;
  info.server_id = identity.id;
  info.server_name = identity.name;
  info.version = kReferenceVersion;
  info.proto = kClientProtocol;
  info.go = kRuntime;
  info.host = settings.advertised_host;
  info.port = settings.advertised_port;
  info.headers = !settings.options.no_header_support;
  info.auth_required = settings.auth_required;
  const bool has_tls = settings.tls != nullptr;
  info.tls_required = has_tls && !settings.options.allow_non_tls;
  info.tls_available = has_tls && settings.options.allow_non_tls;
  info.tls_verify = has_tls && settings.options.tls.verify;
  info.max_payload = static_cast<std::int32_t>(session.max_payload);
  info.client_id = session.cid;
  info.cluster = settings.options.cluster_name;
  info.api_lvl = kApiLevel;
  info.xkey = identity.xkey;
  return info;
}

}  // namespace

protocol::ServerInfo initialInfo(const Shard& shard, const Session& session) {
  protocol::ServerInfo info = baseInfo(shard, session);
  // Behind a proxy the address is not the client's until its header is read.
  if (!session.is_proxied) info.client_ip = session.peer.ip;
  if (session.tls_first) info.tls_required = true;
  return info;
}

protocol::ServerInfo connectInfo(const Shard& shard, const Session& session) {
  protocol::ServerInfo info = baseInfo(shard, session);
  info.client_ip = session.peer.ip;
  info.connect_info = true;
  info.remote_account = session.account->account.name;
  return info;
}

protocol::ServerInfo asyncInfo(const Shard& shard, const Session& session) {
  protocol::ServerInfo info = baseInfo(shard, session);
  info.client_ip = session.peer.ip;
  info.ldm = shard.shared.is_lame_duck.load(std::memory_order_relaxed);
  return info;
}

std::map<std::string, bool> defaultFeatureFlags() {
  return {{"js_ack_fc_v2", false},
          {"js_api_reply_v2", false},
          {"js_raft_delete_range", true},
          {"js_snapshot_sources", false}};
}

std::map<std::string, bool> featureFlags(const config::Options& options) {
  std::map<std::string, bool> flags = defaultFeatureFlags();
  for (auto& [name, is_on] : flags) {
    const auto configured = options.feature_flags.find(name);
    if (configured != options.feature_flags.end()) is_on = configured->second;
  }
  return flags;
}

}  // namespace gannet::server
