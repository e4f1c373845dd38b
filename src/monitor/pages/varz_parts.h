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
// its object is {}. Timeouts are seconds where they are a double; URLs are host:port, without user
// and password. Spec: monitoring §2.1 to §2.7
namespace gannet::monitor {

using Nanoseconds = std::chrono::nanoseconds;
using Strings = std::vector<std::string>;

// The port for routes. Spec: monitoring §2.1
struct VarzCluster {
  json::Omit<std::string> name;  // empty with leaf remotes but no cluster
  json::Omit<std::string> addr;  // the host it listens on
  json::Omit<int> cluster_port;
  json::Omit<double> auth_timeout;
  json::Omit<Strings> urls;  // of the configured routes
  json::Omit<double> tls_timeout;
  json::Omit<bool> tls_required;  // these two: TLS is configured
  json::Omit<bool> tls_verify;
  json::Omit<int> pool_size;  // connections to each peer; -1: no pool
  json::Omit<Nanoseconds> write_deadline;
  json::Omit<std::string> write_timeout;    // close or retry, if configured
  json::Omit<WallTime> tls_cert_not_after;  // when the certificate expires
};
BOOST_DESCRIBE_STRUCT(VarzCluster, (),
                      (name, addr, cluster_port, auth_timeout, urls, tls_timeout, tls_required,
                       tls_verify, pool_size, write_deadline, write_timeout, tls_cert_not_after))

// A cluster that the gateway may connect to.
struct VarzRemoteGateway {
  std::string name;  // of the cluster
  json::Omit<double> tls_timeout;
  json::Omit<Strings> urls;  // unordered; grows as the remote gossips
};
BOOST_DESCRIBE_STRUCT(VarzRemoteGateway, (), (name, tls_timeout, urls))

// The port for gateways of other clusters. Spec: monitoring §2.2
struct VarzGateway {
  json::Omit<std::string> name;  // of our cluster
  json::Omit<std::string> host;
  json::Omit<int> port;
  json::Omit<double> auth_timeout;
  json::Omit<double> tls_timeout;
  json::Omit<bool> tls_required;
  json::Omit<bool> tls_verify;
  json::Omit<std::string> advertise;                    // what others are told to connect to
  json::Omit<int> connect_retries;                      // to a discovered cluster, before giving up
  json::Omit<std::vector<VarzRemoteGateway>> gateways;  // the remotes
  json::Omit<bool> reject_unknown;                      // only configured clusters may connect
  json::Omit<Nanoseconds> write_deadline;               // these two repeat the cluster's
  json::Omit<std::string> write_timeout;
  json::Omit<WallTime> tls_cert_not_after;
};
BOOST_DESCRIBE_STRUCT(VarzGateway, (),
                      (name, host, port, auth_timeout, tls_timeout, tls_required, tls_verify,
                       advertise, connect_retries, gateways, reject_unknown, write_deadline,
                       write_timeout, tls_cert_not_after))

// Subjects that a remote may not pass on.
struct VarzLeafDeny {
  json::Omit<Strings> exports;  // from here to the hub
  json::Omit<Strings> imports;  // from the hub to here
};
BOOST_DESCRIBE_STRUCT(VarzLeafDeny, (), (exports, imports))

// A server that we connect to as a leaf.
struct VarzRemoteLeaf {
  json::Omit<std::string> local_account;  // the account it is bound to here
  json::Omit<double> tls_timeout;
  json::Omit<Strings> urls;  // tried in turn
  json::Omit<std::optional<VarzLeafDeny>> deny;
  json::Omit<bool> tls_ocsp_peer_verify;
};
BOOST_DESCRIBE_STRUCT(VarzRemoteLeaf, (),
                      (local_account, tls_timeout, urls, deny, tls_ocsp_peer_verify))

// The port for leafs. Spec: monitoring §2.3
struct VarzLeaf {
  json::Omit<std::string> host;
  json::Omit<int> port;
  json::Omit<double> auth_timeout;
  json::Omit<double> tls_timeout;
  json::Omit<bool> tls_required;
  json::Omit<bool> tls_verify;                      // client certificates are required
  json::Omit<std::vector<VarzRemoteLeaf>> remotes;  // follows reloads
  json::Omit<bool> tls_ocsp_peer_verify;
  json::Omit<Nanoseconds> write_deadline;  // these two repeat the cluster's
  json::Omit<std::string> write_timeout;
  json::Omit<WallTime> tls_cert_not_after;
};
BOOST_DESCRIBE_STRUCT(VarzLeaf, (),
                      (host, port, auth_timeout, tls_timeout, tls_required, tls_verify, remotes,
                       tls_ocsp_peer_verify, write_deadline, write_timeout, tls_cert_not_after))

// The port for MQTT, as configured: defaults do not show. Spec: monitoring §2.4
struct VarzMqtt {
  json::Omit<std::string> host;
  json::Omit<int> port;
  json::Omit<std::string> no_auth_user;  // whom clients without a name become
  json::Omit<double> auth_timeout;
  json::Omit<bool> tls_map;  // users by certificate
  json::Omit<double> tls_timeout;
  json::Omit<Strings> tls_pinned_certs;       // hex SHA-256 of the keys
  json::Omit<std::string> js_domain;          // where its streams live
  json::Omit<Nanoseconds> ack_wait;           // after which QoS 1 is sent again
  json::Omit<std::uint16_t> max_ack_pending;  // QoS 1 messages in flight to a subscription
  json::Omit<bool> tls_ocsp_peer_verify;
  json::Omit<WallTime> tls_cert_not_after;
};
BOOST_DESCRIBE_STRUCT(VarzMqtt, (),
                      (host, port, no_auth_user, auth_timeout, tls_map, tls_timeout,
                       tls_pinned_certs, js_domain, ack_wait, max_ack_pending, tls_ocsp_peer_verify,
                       tls_cert_not_after))

// The port for WebSocket clients. Spec: monitoring §2.5
struct VarzWebsocket {
  json::Omit<std::string> host;
  json::Omit<int> port;
  json::Omit<std::string> advertise;     // what clients are told
  json::Omit<std::string> no_auth_user;  // whom clients without a name become
  json::Omit<std::string> jwt_cookie;    // the cookie that holds a user's JWT
  json::Omit<Nanoseconds> handshake_timeout;
  json::Omit<double> auth_timeout;
  json::Omit<bool> no_tls;               // allowed to be plain
  json::Omit<bool> tls_map;              // users by certificate
  json::Omit<Strings> tls_pinned_certs;  // hex SHA-256 of the keys
  json::Omit<bool> same_origin;          // the Origin header must name the host
  json::Omit<Strings> allowed_origins;   // or one of these
  json::Omit<bool> compression;          // offered to clients
  json::Omit<bool> tls_ocsp_peer_verify;
  json::Omit<WallTime> tls_cert_not_after;
};
BOOST_DESCRIBE_STRUCT(VarzWebsocket, (),
                      (host, port, advertise, no_auth_user, jwt_cookie, handshake_timeout,
                       auth_timeout, no_tls, tls_map, tls_pinned_certs, same_origin,
                       allowed_origins, compression, tls_ocsp_peer_verify, tls_cert_not_after))

// What JetStream may use. Sizes are bytes; -1: no limit.
struct VarzJetStreamConfig {
  std::int64_t max_memory = 0;
  std::int64_t max_storage = 0;
  json::Omit<std::string> store_dir;      // ends in /jetstream
  json::Omit<Nanoseconds> sync_interval;  // between syncs of what is written
  json::Omit<bool> sync_always;           // before each acknowledgement
  json::Omit<std::string> domain;
  json::Omit<bool> compress_ok;        // S2 is supported
  json::Omit<std::string> unique_tag;  // prefix of tags by which replicas are spread
  json::Omit<bool> strict;             // unknown fields of requests are refused
};
BOOST_DESCRIBE_STRUCT(VarzJetStreamConfig, (),
                      (max_memory, max_storage, store_dir, sync_interval, sync_always, domain,
                       compress_ok, unique_tag, strict))

// Requests to $JS.API.
struct VarzJetStreamApi {
  int level = 0;  // of the API, 5 for this version
  std::uint64_t total = 0;
  std::uint64_t errors = 0;  // of the total
  json::Omit<std::uint64_t> inflight;
};
BOOST_DESCRIBE_STRUCT(VarzJetStreamApi, (), (level, total, errors, inflight))

// What JetStream uses, in bytes.
struct VarzJetStreamStats {
  std::uint64_t memory = 0;
  std::uint64_t storage = 0;
  std::uint64_t reserved_memory = 0;  // by streams with a limit; unlimited: 2^64 - 1
  std::uint64_t reserved_storage = 0;
  int accounts = 0;   // with JetStream
  int ha_assets = 0;  // Raft groups on this server
  VarzJetStreamApi api;
};
BOOST_DESCRIBE_STRUCT(VarzJetStreamStats, (),
                      (memory, storage, reserved_memory, reserved_storage, accounts, ha_assets,
                       api))

// The server's own limits on single requests and consumers.
struct VarzJetStreamLimits {
  json::Omit<int> max_request_batch;  // messages that a pull may ask for
  json::Omit<int> max_ack_pending;
  json::Omit<int> max_ha_assets;  // Raft groups on this server
  json::Omit<Nanoseconds> max_duplicate_window;
  json::Omit<int> max_batch_inflight_per_stream;
  json::Omit<int> max_batch_inflight_total;
  json::Omit<int> max_batch_size;  // messages of an atomic publish
  json::Omit<Nanoseconds> max_batch_timeout;
  json::Omit<int> default_max_consumers;  // of a stream; -1: no limit
};
BOOST_DESCRIBE_STRUCT(VarzJetStreamLimits, (),
                      (max_request_batch, max_ack_pending, max_ha_assets, max_duplicate_window,
                       max_batch_inflight_per_stream, max_batch_inflight_total, max_batch_size,
                       max_batch_timeout, default_max_consumers))

// Absent parts are off. Spec: monitoring §2.6
struct VarzJetStream {
  json::Omit<std::optional<VarzJetStreamConfig>> config;
  json::Omit<std::optional<VarzJetStreamStats>> stats;
  json::Omit<std::optional<VarzJetStreamLimits>> limits;
};
BOOST_DESCRIBE_STRUCT(VarzJetStream, (), (config, stats, limits))

// Answers of OCSP responders about peers. Spec: monitoring §2.7
struct VarzOcspPeerCache {
  json::Omit<std::string> cache_type;  // none or local
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
