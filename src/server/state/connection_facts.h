#pragma once

#include "base/clock.h"
#include "protocol/close_reason.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace gannet::server {

// What monitoring shows of one subscription: who made it, what it wants, and how much it got.
// Spec: monitoring §3.4
struct SubscriptionFacts {
  std::string subject;
  std::string queue;
  std::string sid;
  std::uint64_t delivered = 0;
  std::uint64_t max = 0;  // 0: no maximum
  std::uint64_t cid = 0;  // 0: the server's own
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
  std::string name;  // this and the next two as CONNECT says
  std::string lang;
  std::string version;
  std::string tls_version;
  std::string tls_cipher_suite;
  std::string user;           // empty: anonymous
  std::string worst_subject;  // what filled its outbox the most
  bool tls_first = false;
  bool is_closed = false;
  std::vector<SubscriptionFacts> subs;
};

}  // namespace gannet::server
