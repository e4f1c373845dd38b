#pragma once

#include "config/later/part.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace gannet::config {

// What to do when write_deadline passes and a part of the output has left.
enum class WriteTimeout : unsigned char { default_, close, retry };

// The `tls` block of the client port. Names are Go's, checked when they are read; so are the files,
// whose content stays here: a renewal under the same name is a difference.
// Spec: config-and-cli §3.8
struct TlsOptions {
  struct KeyPair {
    std::string cert_file;
    std::string key_file;
    std::vector<std::string> chain;  // DER, the server's own certificate first
    std::string key;                 // DER

    friend bool operator==(const KeyPair&, const KeyPair&) = default;
  };

  bool is_on = false;  // there is a block, or a flag that asks for TLS
  std::vector<KeyPair> certificates;
  bool is_certificate_list = false;  // they come from `certs`, which errors count through
  std::string ca_file;
  std::vector<std::string> roots;  // DER of what ca_file holds
  bool verify = false;
  bool insecure = false;  // of dialling, which the client port does not do
  std::vector<std::string> cipher_suites;
  bool allow_insecure_cipher_suites = false;
  std::vector<std::string> curve_preferences;
  bool requires_tls13 = false;
  double timeout = 0;                      // seconds, of the handshake
  std::int64_t connection_rate_limit = 0;  // handshakes a second; 0: no limit
  std::vector<std::string> pinned_certs;   // lower-case hex SHA-256 of the accepted client keys
  bool handshake_first = false;
  std::chrono::nanoseconds handshake_first_fallback{0};  // 0: never fall back

  friend bool operator==(const TlsOptions&, const TlsOptions&) = default;
};

// The `authorization` block as far as one user or token goes. Spec: config-and-cli §3.2
struct Authorization {
  std::string user;
  std::string password;
  std::string token;
  double timeout = 0;  // seconds; by default 2, or one more than the TLS handshake's

  friend bool operator==(const Authorization&, const Authorization&) = default;
};

// One state of the configuration: defaults, file and flags put together. fillDefaults() replaces
// the zeros that mean "not set"; max_connections then is negative for "none".
//
// Spec  config-and-cli §3.1, §9; option_table.cc holds the rows with names and reload rules
struct Options {
  std::string config_file;    // as given; empty: none
  std::string config_digest;  // of its content

  std::string host;
  std::int64_t port = 0;    // -1: any free one
  std::string unix_listen;  // path of a socket for clients of this machine; empty: none
  std::int64_t unix_mode = 0660;
  std::string client_advertise;
  std::string server_name;
  std::vector<std::string> server_tags;
  std::map<std::string, std::string> server_metadata;
  std::int64_t shards = 0;      // 0: as many as cores the process may use
  std::int64_t max_memory = 0;  // bytes for all buffers; 0: most of what the machine or cgroup has

  bool debug = false;
  bool trace = false;
  bool trace_verbose = false;
  bool trace_headers = false;
  bool logtime = false;
  bool logtime_utc = false;
  std::string log_file;
  std::int64_t log_size_limit = 0;
  std::int64_t log_max_num = 0;
  bool syslog = false;
  std::string remote_syslog;
  std::int64_t max_traced_msg_len = 0;
  std::string pid_file;
  std::string ports_file_dir;

  std::string http_host;
  std::int64_t http_port = 0;
  std::int64_t https_port = 0;
  std::string http_base_path;

  std::int64_t max_connections = 0;
  std::int64_t max_subscriptions = 0;
  std::int64_t max_sub_tokens = 0;
  std::int64_t max_control_line = 0;
  std::int64_t max_payload = 0;
  std::int64_t max_pending = 0;
  std::chrono::nanoseconds ping_interval{0};
  std::int64_t ping_max = 0;
  std::chrono::nanoseconds write_deadline{0};
  WriteTimeout write_timeout = WriteTimeout::default_;
  bool no_fast_producer_stall = false;
  std::int64_t max_closed_clients = 0;
  std::chrono::nanoseconds lame_duck_duration{0};
  std::chrono::nanoseconds lame_duck_grace_period{0};
  bool proxy_protocol = false;
  bool no_header_support = false;
  bool allow_non_tls = false;

  // What the reference shows or says of parts that are off. The error reports are of links to other
  // servers, of which there are none.
  std::string cluster_name;
  std::string store_dir;       // of JetStream
  std::string system_account;  // empty: the usual one
  bool no_system_account = false;
  bool disable_sublist_cache = false;
  std::int64_t connect_error_reports = 0;
  std::int64_t reconnect_error_reports = 0;
  std::map<std::string, bool> feature_flags;
  bool is_stapling_off = false;
  std::string ocsp;             // as written; here for reloads to compare
  std::string ocsp_cache;       // likewise
  std::set<Part> switched_off;  // by flags, whatever the file asks for: `-js=false`

  Authorization authorization;
  TlsOptions tls;

  friend bool operator==(const Options&, const Options&) = default;
};

// Bounds of our own options.
inline constexpr std::int64_t kMaxShards = 64;
inline constexpr std::int64_t kMinMemory = 32 << 20;  // less would refuse ordinary bursts

// Puts the defaults where nothing was set. Spec: config-and-cli §9
void fillDefaults(Options& options);

}  // namespace gannet::config
