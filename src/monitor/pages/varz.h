#pragma once

#include "monitor/pages/varz_parts.h"

#include <boost/describe/class.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

// The snapshot behind /varz, in the order of the wire. A described list holds at most 52 members,
// so the object is made of bases. Values of parts that are off stay as they are here.
// Spec: monitoring §2
namespace gannet::monitor {

// Who the server is and what it was told.
struct VarzIdentity {
  std::string server_id;    // public nkey, N…
  std::string server_name;  // configured, or the id
  std::string version;
  int proto = 1;  // level of the client protocol
  json::Omit<std::string> git_commit;
  std::string go;    // a Go version, for clients that parse it
  std::string host;  // of the client port
  int port = 0;      // the real one
  json::Omit<bool> auth_required;
  json::Omit<bool> tls_required;
  json::Omit<bool> tls_verify;
  json::Omit<bool> tls_ocsp_peer_verify;
  json::Omit<std::string> ip;  // as in INFO
  json::Omit<Strings> connect_urls;
  json::Omit<Strings> ws_connect_urls;
  int max_connections = 0;
  json::Omit<int> max_subscriptions;  // of a connection
  Nanoseconds ping_interval{0};
  int ping_max = 0;  // PINGs without PONG before the close
  std::string http_host;
  int http_port = 0;           // as configured: -1 stays
  std::string http_base_path;  // as configured
  int https_port = 0;
  double auth_timeout = 0;            // seconds
  std::int32_t max_control_line = 0;  // bytes
  int max_payload = 0;                // bytes
  std::int64_t max_pending = 0;       // bytes that may wait for a client
};
BOOST_DESCRIBE_STRUCT(VarzIdentity, (),
                      (server_id, server_name, version, proto, git_commit, go, host, port,
                       auth_required, tls_required, tls_verify, tls_ocsp_peer_verify, ip,
                       connect_urls, ws_connect_urls, max_connections, max_subscriptions,
                       ping_interval, ping_max, http_host, http_port, http_base_path, https_port,
                       auth_timeout, max_control_line, max_payload, max_pending))

// The protocols beside the client's, and how the client port writes.
struct VarzParts {
  VarzCluster cluster;
  VarzGateway gateway;
  VarzLeaf leaf;
  VarzMqtt mqtt;
  VarzWebsocket websocket;
  VarzJetStream jetstream;
  double tls_timeout = 0;                 // seconds, of the client port's handshake
  Nanoseconds write_deadline{0};          // of the client port
  json::Omit<std::string> write_timeout;  // close or retry, if configured
};
BOOST_DESCRIBE_STRUCT(VarzParts, (),
                      (cluster, gateway, leaf, mqtt, websocket, jetstream, tls_timeout,
                       write_deadline, write_timeout))

// What changes from one poll to the next.
struct VarzRuntime {
  WallTime start;
  WallTime now;
  std::string uptime;    // formatUptime(now - start)
  std::int64_t mem = 0;  // resident bytes
  int cores = 0;
  int gomaxprocs = 0;                   // shards
  json::Omit<std::int64_t> gomemlimit;  // bytes, if a limit is set
  double cpu = 0;                       // percent of one core
  int connections = 0;                  // clients of all kinds, open now
  std::uint64_t total_connections = 0;  // ever accepted
  int routes = 0;                       // connections, pools included
  int remotes = 0;                      // servers routed to
  int leafnodes = 0;
  std::int64_t in_msgs = 0;   // of all kinds of connection
  std::int64_t in_bytes = 0;  // payload and headers, no protocol
  std::int64_t in_client_msgs = 0;
  std::int64_t in_client_bytes = 0;
  std::int64_t out_msgs = 0;
  std::int64_t out_bytes = 0;
  std::int64_t out_client_msgs = 0;
  std::int64_t out_client_bytes = 0;
  std::int64_t slow_consumers = 0;                      // connections closed for it
  std::int64_t stale_connections = 0;                   // likewise, for missing PONGs
  std::int64_t stalled_clients = 0;                     // times a producer had to wait
  std::uint32_t subscriptions = 0;                      // of all accounts, internal ones too
  std::map<std::string, std::uint64_t> http_req_stats;  // filled in by Endpoints
};
BOOST_DESCRIBE_STRUCT(VarzRuntime, (),
                      (start, now, uptime, mem, cores, gomaxprocs, gomemlimit, cpu, connections,
                       total_connections, routes, remotes, leafnodes, in_msgs, in_bytes,
                       in_client_msgs, in_client_bytes, out_msgs, out_bytes, out_client_msgs,
                       out_client_bytes, slow_consumers, stale_connections, stalled_clients,
                       subscriptions, http_req_stats))

// A count for each kind of connection.
struct VarzKindCounts {
  std::uint64_t clients = 0;
  std::uint64_t routes = 0;
  std::uint64_t gateways = 0;
  std::uint64_t leafs = 0;
};
BOOST_DESCRIBE_STRUCT(VarzKindCounts, (), (clients, routes, gateways, leafs))

// Waiting for a turn at the disk.
struct VarzDiskWaits {
  int waiters = 0;
  std::uint64_t waits = 0;
  std::uint64_t wait_time = 0;      // ns
  std::uint64_t max_wait_time = 0;  // ns
};
BOOST_DESCRIBE_STRUCT(VarzDiskWaits, (), (waiters, waits, wait_time, max_wait_time))

// A proxy that may vouch for its clients.
struct VarzTrustedProxy {
  std::string key;  // public nkey
};
BOOST_DESCRIBE_STRUCT(VarzTrustedProxy, (), (key))

// What `proxies` configures.
struct VarzProxies {
  json::Omit<std::vector<VarzTrustedProxy>> trusted;
};
BOOST_DESCRIBE_STRUCT(VarzProxies, (), (trusted))

// The whole of /varz.
struct Varz : VarzIdentity, VarzParts, VarzRuntime {
  WallTime config_load_time;                                // of the start or the last reload
  std::string config_digest;                                // empty without a configuration file
  json::Omit<Strings> tags;                                 // server_tags
  json::Omit<std::map<std::string, std::string>> metadata;  // server_metadata
  json::Omit<std::map<std::string, bool>> feature_flags;    // known ones, as they are set
  json::Omit<Strings> trusted_operators_jwt;
  json::Omit<std::string> system_account;
  json::Omit<std::uint64_t> pinned_account_fails;
  json::Omit<std::optional<VarzOcspPeerCache>> ocsp_peer_cache;  // absent without a cache
  VarzKindCounts slow_consumer_stats;                            // slow_consumers by kind
  VarzKindCounts stale_connection_stats;                         // stale_connections by kind
  VarzDiskWaits disk_io_wait_stats;
  json::Omit<std::optional<VarzProxies>> proxies;
  json::Omit<WallTime> tls_cert_not_after;  // of the client port
  // What follows is Gannet's own, on the page and among the metrics under the same names.
  std::string gannet_version;
  json::Omit<std::string> gannet_git_commit;   // that was built, where the build knew it
  std::int64_t gannet_max_memory_bytes = 0;    // the limit in effect
  std::int64_t gannet_memory_used_bytes = 0;   // of it
  std::uint64_t gannet_memory_cuts_total = 0;  // connections closed to stay within it
  std::vector<double> gannet_shard_load;       // share of its core that each shard used lately
  std::uint64_t gannet_log_lines_dropped_total = 0;  // that the log had no room for
};
BOOST_DESCRIBE_STRUCT(Varz, (VarzIdentity, VarzParts, VarzRuntime),
                      (config_load_time, config_digest, tags, metadata, feature_flags,
                       trusted_operators_jwt, system_account, pinned_account_fails, ocsp_peer_cache,
                       slow_consumer_stats, stale_connection_stats, disk_io_wait_stats, proxies,
                       tls_cert_not_after, gannet_version, gannet_git_commit,
                       gannet_max_memory_bytes, gannet_memory_used_bytes, gannet_memory_cuts_total,
                       gannet_shard_load, gannet_log_lines_dropped_total))

}  // namespace gannet::monitor
