#pragma once

#include "base/json_shape.h"
#include "base/result.h"

#include <boost/describe/class.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace gannet::protocol {

// What a server tells a client about itself and the connection, in the order of the wire.
// Spec: client-protocol §3.1
struct ServerInfo {
  std::string server_id;    // public nkey, new at each start
  std::string server_name;  // configured, or the id
  std::string version;
  int proto = 1;  // level of the client protocol
  json::Omit<std::string> git_commit;
  std::string go;
  std::string host;  // listened on, or advertised
  int port = 0;
  bool headers = true;
  json::Omit<bool> auth_required;  // not for those who may stay anonymous
  json::Omit<bool> tls_required;
  json::Omit<bool> tls_verify;
  json::Omit<bool> tls_available;  // TLS is possible, not demanded
  std::int32_t max_payload = 0;    // -1: unlimited
  json::Omit<bool> jetstream;
  json::Omit<std::string> ip;  // routes only
  json::Omit<std::uint64_t> client_id;
  json::Omit<std::string> client_ip;  // without port and brackets
  json::Omit<std::string> nonce;      // to be signed with the client's nkey
  json::Omit<std::string> cluster;
  json::Omit<bool> cluster_dynamic;                   // routes only
  json::Omit<std::string> domain;                     // of JetStream
  json::Omit<std::vector<std::string>> connect_urls;  // host:port of the cluster's servers
  json::Omit<bool> ldm;                               // lame duck mode: go elsewhere
  json::Omit<std::string> compression;                // routes and leafs only
  json::Omit<bool> connect_info;  // these three answer the first PING after CONNECT
  json::Omit<std::string> remote_account;
  json::Omit<bool> acc_is_sys;
  json::Omit<int> api_lvl;       // of JetStream
  json::Omit<std::string> xkey;  // public curve key
};
BOOST_DESCRIBE_STRUCT(ServerInfo, (),
                      (server_id, server_name, version, proto, git_commit, go, host, port, headers,
                       auth_required, tls_required, tls_verify, tls_available, max_payload,
                       jetstream, ip, client_id, client_ip, nonce, cluster, cluster_dynamic, domain,
                       connect_urls, ldm, compression, connect_info, remote_account, acc_is_sys,
                       api_lvl, xkey))

// The whole line: INFO {…} ␍␊, with the blank that the reference puts before the line's end.
// Spec: client-protocol §3
[[nodiscard]] std::string encodeInfo(const ServerInfo& info);

// Whether `json` could be an INFO: one object (or null) whose known fields have their types. What a
// client sends is checked and ignored. Spec: client-protocol §4.2
Result<void, Error> checkInfo(std::string_view json);

}  // namespace gannet::protocol
