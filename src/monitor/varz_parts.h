#pragma once

#include "base/clock.h"
#include "base/json_shape.h"

#include <boost/describe/class.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// The nested objects of /varz, in the order of the wire. Of a part that is off nothing is set, and
// its object is {}. Spec: monitoring §2.1 to §2.7
namespace gannet::monitor {

using Nanoseconds = std::chrono::nanoseconds;
using Strings = std::vector<std::string>;

// Spec: monitoring §2.1
struct VarzCluster {
  json::Omit<std::string> name;
  json::Omit<std::string> addr;
  json::Omit<int> cluster_port;
  json::Omit<double> auth_timeout;
  json::Omit<Strings> urls;
  json::Omit<double> tls_timeout;
  json::Omit<bool> tls_required;
  json::Omit<bool> tls_verify;
  json::Omit<int> pool_size;
  json::Omit<Nanoseconds> write_deadline;
  json::Omit<std::string> write_timeout;
  json::Omit<WallTime> tls_cert_not_after;
};
BOOST_DESCRIBE_STRUCT(VarzCluster, (),
                      (name, addr, cluster_port, auth_timeout, urls, tls_timeout, tls_required,
                       tls_verify, pool_size, write_deadline, write_timeout, tls_cert_not_after))

struct VarzRemoteGateway {
  std::string name;
  json::Omit<double> tls_timeout;
  json::Omit<Strings> urls;
};
BOOST_DESCRIBE_STRUCT(VarzRemoteGateway, (), (name, tls_timeout, urls))

// Spec: monitoring §2.2
struct VarzGateway {
  json::Omit<std::string> name;
  json::Omit<std::string> host;
  json::Omit<int> port;
  json::Omit<double> auth_timeout;
  json::Omit<double> tls_timeout;
  json::Omit<bool> tls_required;
  json::Omit<bool> tls_verify;
  json::Omit<std::string> advertise;
  json::Omit<int> connect_retries;
  json::Omit<std::vector<VarzRemoteGateway>> gateways;
  json::Omit<bool> reject_unknown;
  json::Omit<Nanoseconds> write_deadline;
  json::Omit<std::string> write_timeout;
  json::Omit<WallTime> tls_cert_not_after;
};
BOOST_DESCRIBE_STRUCT(VarzGateway, (),
                      (name, host, port, auth_timeout, tls_timeout, tls_required, tls_verify,
                       advertise, connect_retries, gateways, reject_unknown, write_deadline,
                       write_timeout, tls_cert_not_after))

struct VarzLeafDeny {
  json::Omit<Strings> exports;
  json::Omit<Strings> imports;
};
BOOST_DESCRIBE_STRUCT(VarzLeafDeny, (), (exports, imports))

struct VarzRemoteLeaf {
  json::Omit<std::string> local_account;
  json::Omit<double> tls_timeout;
  json::Omit<Strings> urls;
  json::Omit<std::optional<VarzLeafDeny>> deny;
  json::Omit<bool> tls_ocsp_peer_verify;
};
BOOST_DESCRIBE_STRUCT(VarzRemoteLeaf, (),
                      (local_account, tls_timeout, urls, deny, tls_ocsp_peer_verify))

// Spec: monitoring §2.3
struct VarzLeaf {
  json::Omit<std::string> host;
  json::Omit<int> port;
  json::Omit<double> auth_timeout;
  json::Omit<double> tls_timeout;
  json::Omit<bool> tls_required;
  json::Omit<bool> tls_verify;
  json::Omit<std::vector<VarzRemoteLeaf>> remotes;
  json::Omit<bool> tls_ocsp_peer_verify;
  json::Omit<Nanoseconds> write_deadline;
  json::Omit<std::string> write_timeout;
  json::Omit<WallTime> tls_cert_not_after;
};
BOOST_DESCRIBE_STRUCT(VarzLeaf, (),
                      (host, port, auth_timeout, tls_timeout, tls_required, tls_verify, remotes,
                       tls_ocsp_peer_verify, write_deadline, write_timeout, tls_cert_not_after))

// Spec: monitoring §2.4
struct VarzMqtt {
  json::Omit<std::string> host;
  json::Omit<int> port;
  json::Omit<std::string> no_auth_user;
  json::Omit<double> auth_timeout;
  json::Omit<bool> tls_map;
  json::Omit<double> tls_timeout;
  json::Omit<Strings> tls_pinned_certs;
  json::Omit<std::string> js_domain;
  json::Omit<Nanoseconds> ack_wait;
  json::Omit<std::uint16_t> max_ack_pending;
  json::Omit<bool> tls_ocsp_peer_verify;
  json::Omit<WallTime> tls_cert_not_after;
};
BOOST_DESCRIBE_STRUCT(VarzMqtt, (),
                      (host, port, no_auth_user, auth_timeout, tls_map, tls_timeout,
                       tls_pinned_certs, js_domain, ack_wait, max_ack_pending, tls_ocsp_peer_verify,
                       tls_cert_not_after))

// Spec: monitoring §2.5
struct VarzWebsocket {
  json::Omit<std::string> host;
  json::Omit<int> port;
  json::Omit<std::string> advertise;
  json::Omit<std::string> no_auth_user;
  json::Omit<std::string> jwt_cookie;
  json::Omit<Nanoseconds> handshake_timeout;
  json::Omit<double> auth_timeout;
  json::Omit<bool> no_tls;
  json::Omit<bool> tls_map;
  json::Omit<Strings> tls_pinned_certs;
  json::Omit<bool> same_origin;
  json::Omit<Strings> allowed_origins;
  json::Omit<bool> compression;
  json::Omit<bool> tls_ocsp_peer_verify;
  json::Omit<WallTime> tls_cert_not_after;
};
BOOST_DESCRIBE_STRUCT(VarzWebsocket, (),
                      (host, port, advertise, no_auth_user, jwt_cookie, handshake_timeout,
                       auth_timeout, no_tls, tls_map, tls_pinned_certs, same_origin,
                       allowed_origins, compression, tls_ocsp_peer_verify, tls_cert_not_after))

struct VarzJetStreamConfig {
  std::int64_t max_memory = 0;
  std::int64_t max_storage = 0;
  json::Omit<std::string> store_dir;
  json::Omit<Nanoseconds> sync_interval;
  json::Omit<bool> sync_always;
  json::Omit<std::string> domain;
  json::Omit<bool> compress_ok;
  json::Omit<std::string> unique_tag;
  json::Omit<bool> strict;
};
BOOST_DESCRIBE_STRUCT(VarzJetStreamConfig, (),
                      (max_memory, max_storage, store_dir, sync_interval, sync_always, domain,
                       compress_ok, unique_tag, strict))

struct VarzJetStreamApi {
  int level = 0;
  std::uint64_t total = 0;
  std::uint64_t errors = 0;
  json::Omit<std::uint64_t> inflight;
};
BOOST_DESCRIBE_STRUCT(VarzJetStreamApi, (), (level, total, errors, inflight))

struct VarzJetStreamStats {
  std::uint64_t memory = 0;
  std::uint64_t storage = 0;
  std::uint64_t reserved_memory = 0;
  std::uint64_t reserved_storage = 0;
  int accounts = 0;
  int ha_assets = 0;
  VarzJetStreamApi api;
};
BOOST_DESCRIBE_STRUCT(VarzJetStreamStats, (),
                      (memory, storage, reserved_memory, reserved_storage, accounts, ha_assets,
                       api))

struct VarzJetStreamLimits {
  json::Omit<int> max_request_batch;
  json::Omit<int> max_ack_pending;
  json::Omit<int> max_ha_assets;
  json::Omit<Nanoseconds> max_duplicate_window;
  json::Omit<int> max_batch_inflight_per_stream;
  json::Omit<int> max_batch_inflight_total;
  json::Omit<int> max_batch_size;
  json::Omit<Nanoseconds> max_batch_timeout;
  json::Omit<int> default_max_consumers;
};
BOOST_DESCRIBE_STRUCT(VarzJetStreamLimits, (),
                      (max_request_batch, max_ack_pending, max_ha_assets, max_duplicate_window,
                       max_batch_inflight_per_stream, max_batch_inflight_total, max_batch_size,
                       max_batch_timeout, default_max_consumers))

// Spec: monitoring §2.6
struct VarzJetStream {
  json::Omit<std::optional<VarzJetStreamConfig>> config;
  json::Omit<std::optional<VarzJetStreamStats>> stats;
  json::Omit<std::optional<VarzJetStreamLimits>> limits;
};
BOOST_DESCRIBE_STRUCT(VarzJetStream, (), (config, stats, limits))

// Spec: monitoring §2.7
struct VarzOcspPeerCache {
  json::Omit<std::string> cache_type;
  json::Omit<std::int64_t> cache_hits;
  json::Omit<std::int64_t> cache_misses;
  json::Omit<std::int64_t> cached_responses;
  json::Omit<std::int64_t> cached_revoked_responses;
  json::Omit<std::int64_t> cached_good_responses;
  json::Omit<std::int64_t> cached_unknown_responses;
};
BOOST_DESCRIBE_STRUCT(VarzOcspPeerCache, (),
                      (cache_type, cache_hits, cache_misses, cached_responses,
                       cached_revoked_responses, cached_good_responses, cached_unknown_responses))

}  // namespace gannet::monitor
