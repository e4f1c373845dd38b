#pragma once

#include "base/clock.h"
#include "protocol/close_reason.h"

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace gannet::server {

struct Session;
class Shard;

// What monitoring shows of one subscription.
struct SubscriptionFacts {
  std::string subject;
  std::string queue;
  std::string sid;
  std::uint64_t delivered = 0;
  std::uint64_t max = 0;
  std::uint64_t cid = 0;
};

// What monitoring shows of one connection, open or closed: plain values, free of the session. What
// the client sent is in it as people may read it (protocol/redact.h).
// Spec: monitoring §3.4
struct ConnectionFacts {
  std::uint64_t cid = 0;
  std::string ip;
  std::uint16_t port = 0;
  WallTime start;
  WallTime last_activity;           // a message of it or to it, SUB or UNSUB
  WallTime stop;                    // closed connections only
  std::uint64_t closed_number = 0;  // in the order of closing, on all shards
  protocol::CloseReason reason = protocol::CloseReason::client_closed;
  std::chrono::nanoseconds rtt{0};
  std::uint64_t pending_bytes = 0;
  std::uint64_t pending_high = 0;  // at least pending_bytes, as long as the socket is full
  std::uint64_t in_msgs = 0;
  std::uint64_t out_msgs = 0;
  std::uint64_t in_bytes = 0;
  std::uint64_t out_bytes = 0;
  std::uint64_t stalls = 0;
  std::uint64_t subscriptions = 0;
  std::string name;
  std::string lang;
  std::string version;
  std::string tls_version;
  std::string tls_cipher_suite;
  std::string user;
  std::string worst_subject;  // what filled its outbox the most
  bool tls_first = false;
  bool is_closed = false;
  std::vector<SubscriptionFacts> subs;
};

// A copy of what is known about `session` now.
[[nodiscard]] ConnectionFacts describe(const Session& session);

// The subscriptions of `session`, with their subjects.
[[nodiscard]] std::vector<SubscriptionFacts> describeSubscriptions(const Session& session);

// The server's own subscriptions on this shard: they belong to no connection.
// Cost  Visits every subscription of the account, under the lock that matching shares.
[[nodiscard]] std::vector<SubscriptionFacts> describeServices(const Shard& shard);

// Those that closed on this shard and are among the latest of the whole server, the oldest
// first. Forgets the others.
[[nodiscard]] const std::deque<ConnectionFacts>& latestClosed(Shard& shard);

// Keeps what is known about a closing session among the latest.
void recordClosed(Shard& shard, const Session& session);

}  // namespace gannet::server
