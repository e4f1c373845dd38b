#pragma once

#include "base/clock.h"
#include "base/json_shape.h"
#include "base/result.h"
#include "monitor/pages/subsz.h"

#include <boost/describe/class.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gannet::monitor {

class Query;

// Which connections a query asks for.
enum class ConnState : std::uint8_t { open, closed, all };
// What is shown of their subscriptions: nothing, subjects, or everything.
enum class SubsShown : std::uint8_t { none, list, detail };

// The parameters of /connz, and what stands for one that is absent.
struct ConnzQuery {
  std::string sort = "cid";  // checked by makeConnz
  bool with_auth = false;    // shows who they are
  SubsShown subs = SubsShown::none;
  std::int64_t offset = 0;             // of the page's first entry
  std::int64_t limit = kDefaultLimit;  // entries of a page
  std::uint64_t cid = 0;               // 0: all
  ConnState state = ConnState::open;
  std::string user;         // exact match; empty: all
  std::string account;      // its name or public key; empty: all
  std::string mqtt_client;  // exact match; empty: all
};

// Errors  The body of a 400. Spec: monitoring §1.3, §3.1
[[nodiscard]] Result<ConnzQuery, Error> parseConnzQuery(const Query& query);

// The parameter subs where it has details: a boolean, or the word detail.
// Errors  The body of a 400. Spec: monitoring §1.3
[[nodiscard]] Result<SubsShown, Error> parseSubs(const Query& query);

// The subject and the two fingerprints of a client's certificate.
struct TlsPeerCert {
  json::Omit<std::string> subject;      // a distinguished name, RFC 2253
  json::Omit<std::string> spki_sha256;  // hex, of the raw public key info
  json::Omit<std::string> cert_sha256;  // hex, of the raw certificate
};
BOOST_DESCRIBE_STRUCT(TlsPeerCert, (), (subject, spki_sha256, cert_sha256))

// What is known of a connection, whoever asks. Plain values, to be copied from shard to shard.
struct Connection {
  std::uint64_t cid = 0;
  std::string kind = "Client";  // Client or Leafnode
  std::string type = "nats";    // nats, websocket or mqtt
  std::string ip;               // of the peer
  int port = 0;
  WallTime start;
  WallTime last_activity;           // PINGs are none
  std::optional<WallTime> stop;     // set: closed
  std::string reason;               // closed only
  std::chrono::nanoseconds rtt{0};  // 0: not measured yet
  std::int64_t pending_bytes = 0;   // waiting to be sent
  std::int64_t in_msgs = 0;         // from the client
  std::int64_t out_msgs = 0;        // to it
  std::int64_t in_bytes = 0;
  std::int64_t out_bytes = 0;
  std::int64_t stalls = 0;  // times it was made to wait
  std::uint32_t subscriptions = 0;
  std::string name;  // these three as in CONNECT
  std::string lang;
  std::string version;
  std::string tls_version;       // 1.2 or 1.3; empty: no TLS
  std::string tls_cipher_suite;  // IANA name
  std::vector<TlsPeerCert> tls_peer_certs;
  bool tls_first = false;
  std::string authorized_user;    // nkey, name, JWT key or [REDACTED]
  std::string account;            // empty: the global one
  std::string jwt;                // empty for bearer tokens
  std::string issuer_key;         // that signed the JWT
  std::string name_tag;           // of the account
  std::vector<std::string> tags;  // of the user
  std::string mqtt_client;
  std::string proxy_key;        // of the proxy that vouched for it
  std::vector<SubDetail> subs;  // only if the query asks for them
};

// What a Source answers: every connection in the states that the query names, in any order. Those
// that the query's cid rules out may be counted only.
struct ConnectionList {
  std::string server_id;
  WallTime now;
  bool is_account_known = true;  // false: the query's account does not exist
  std::vector<Connection> connections;
  std::int64_t left_out = 0;  // in the query's states and account, but of another cid
};

// The trusted proxy that a connection came through.
struct ConnProxy {
  std::string key;
};
BOOST_DESCRIBE_STRUCT(ConnProxy, (), (key))

// A connection as /connz shows it: see Connection for what the members mean. What the query did not
// ask for is left out. Spec: monitoring §3.4
struct ConnInfo {
  std::uint64_t cid = 0;
  json::Omit<std::string> kind;
  json::Omit<std::string> type;
  std::string ip;
  int port = 0;
  WallTime start;
  WallTime last_activity;
  json::Omit<std::optional<WallTime>> stop;
  json::Omit<std::string> reason;
  json::Omit<std::string> rtt;  // formatDuration(); 0s: not measured yet
  std::string uptime;           // formatUptime() of its life
  std::string idle;             // formatUptime() since last_activity
  std::int64_t pending_bytes = 0;
  std::int64_t in_msgs = 0;
  std::int64_t out_msgs = 0;
  std::int64_t in_bytes = 0;
  std::int64_t out_bytes = 0;
  json::Omit<std::int64_t> stalls;
  std::uint32_t subscriptions = 0;
  json::Omit<std::string> name;
  json::Omit<std::string> lang;
  json::Omit<std::string> version;
  json::Omit<std::string> tls_version;
  json::Omit<std::string> tls_cipher_suite;
  json::Omit<std::vector<TlsPeerCert>> tls_peer_certs;
  json::Omit<bool> tls_first;
  json::Omit<std::string> authorized_user;
  json::Omit<std::string> account;
  json::Omit<std::vector<std::string>> subscriptions_list;  // subjects, for subs=1
  json::Omit<std::vector<SubDetail>>
      subscriptions_list_detail;  // for subs=detail, in place of them
  json::Omit<std::string> jwt;    // this and what follows: for auth=1
  json::Omit<std::string> issuer_key;
  json::Omit<std::string> name_tag;
  json::Omit<std::vector<std::string>> tags;
  json::Omit<std::string> mqtt_client;
  json::Omit<std::optional<ConnProxy>> proxy;
};
BOOST_DESCRIBE_STRUCT(ConnInfo, (),
                      (cid, kind, type, ip, port, start, last_activity, stop, reason, rtt, uptime,
                       idle, pending_bytes, in_msgs, out_msgs, in_bytes, out_bytes, stalls,
                       subscriptions, name, lang, version, tls_version, tls_cipher_suite,
                       tls_peer_certs, tls_first, authorized_user, account, subscriptions_list,
                       subscriptions_list_detail, jwt, issuer_key, name_tag, tags, mqtt_client,
                       proxy))

// The whole of /connz. Spec: monitoring §3.2
struct Connz {
  std::string server_id;
  WallTime now;
  std::int64_t num_connections = 0;                  // on this page
  std::int64_t total = 0;                            // before paging and all filters but acc
  std::int64_t offset = 0;                           // in effect
  std::int64_t limit = 0;                            // in effect
  std::optional<std::vector<ConnInfo>> connections;  // null: the account is unknown
};
BOOST_DESCRIBE_STRUCT(Connz, (),
                      (server_id, now, num_connections, total, offset, limit, connections))

// The endpoint's own checks of a query that could be read: is there such an order, and does it fit
// the state? Spec: monitoring §3.2, §3.3
[[nodiscard]] Result<void, Error> validate(const ConnzQuery& query);

// Filters, sorts, pages and formats. `query` is valid.
// Cost  One pass and a sort of what one page needs; only the page is formatted.
[[nodiscard]] Connz makeConnz(ConnectionList&& list, const ConnzQuery& query);

}  // namespace gannet::monitor
