#include "server/session/closed_connection.h"

#include "server/session/session.h"
#include "server/shards/settings.h"
#include "server/shards/worker.h"
#include "subject/trie.h"

namespace gannet::server {

ConnectionFacts describe(const Worker& worker, const Session& session) {
  ConnectionFacts facts;
  facts.cid = session.cid;
  facts.ip = session.peer.ip;
  facts.port = session.peer.port;
  facts.start = session.started;
  facts.last_activity = session.started + std::chrono::duration_cast<WallTime::duration>(
                                              session.last_activity - session.started_mono);
  facts.rtt = session.keepalive.rtt;
  facts.pending_bytes = session.outbox.pending();
  facts.pending_high = session.traffic.pending_high;
  facts.in_msgs = session.traffic.in_msgs;
  facts.out_msgs = session.traffic.out_msgs;
  facts.in_bytes = session.traffic.in_bytes;
  facts.out_bytes = session.traffic.out_bytes;
  facts.stalls = session.traffic.stalls;
  facts.subscriptions = session.subs.size();
  if (session.got_connect) {
    facts.name = session.connect->name;
    facts.lang = session.connect->lang;
    facts.version = session.connect->version;
  }
  const net::TlsFacts tls = session.transport->tlsFacts();
  facts.tls_version = tls.version;
  facts.tls_cipher_suite = tls.cipher_suite;
  facts.tls_first = session.tls_first;
  facts.user = session.user;
  facts.worst_subject = session.worst_subject;
  facts.reason = session.reason;
  static_cast<void>(worker);
  return facts;
}

std::vector<SubscriptionFacts> describeSubscriptions(const Session& session) {
  std::vector<SubscriptionFacts> all;
  all.reserve(session.subs.size());
  for (const Subscription* const sub : session.subs) {
    all.push_back({.subject = subject::patternOf(*sub),
                   .queue = subject::queueOf(*sub),
                   .sid = sub->sid,
                   .delivered = sub->delivered,
                   .max = sub->max,
                   .cid = session.cid});
  }
  return all;
}

// A client with more of them leaves only their number behind.
constexpr std::size_t kMaxSubsKept = 1000;

void recordClosed(Worker& worker, const Session& session) {
  const auto limit = static_cast<std::size_t>(worker.settings->options.max_closed_clients);
  if (limit == 0) return;
  while (worker.closed.size() >= limit)
    worker.closed.pop_front();
  ConnectionFacts facts = describe(worker, session);
  facts.stop = wallNow();
  facts.is_closed = true;
  if (session.subs.size() <= kMaxSubsKept) facts.subs = describeSubscriptions(session);
  worker.closed.push_back(std::move(facts));
}

}  // namespace gannet::server
