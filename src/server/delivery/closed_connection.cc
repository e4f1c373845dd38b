#include "server/delivery/closed_connection.h"

#include "protocol/redact.h"
#include "server/state/session.h"
#include "server/state/settings.h"
#include "server/state/shard.h"
#include "server/state/shared.h"
#include "subject/trie.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>

namespace gannet::server {
namespace {

// When `time` was by the wall clock. One offset serves all, so that no two times change their
// order, and none changes from one look to the next; it moves only if somebody sets the clock.
WallTime toWallTime(MonoTime time) {
  using std::chrono::nanoseconds;
  constexpr std::chrono::milliseconds kStep{100};  // more than two clock reads ever lie apart
  static std::atomic<nanoseconds> shared{nanoseconds(0)};
  const nanoseconds current = wallNow().time_since_epoch() - monoNow().time_since_epoch();
  nanoseconds offset = shared.load(std::memory_order_relaxed);
  if (std::chrono::abs(current - offset) > kStep) {
    offset = current;
    shared.store(offset, std::memory_order_relaxed);
  }
  return WallTime(time.time_since_epoch() + offset);
}

}  // namespace

ConnectionFacts describe(const Session& session) {
  ConnectionFacts facts;
  facts.cid = session.cid;
  facts.ip = session.peer.ip;
  facts.port = session.peer.port;
  facts.start = session.started;
  // Turns begin before what happens in them: the first one also before its connection.
  facts.last_activity = std::max(session.started, toWallTime(session.last_activity));
  facts.rtt = session.keepalive.rtt;
  facts.pending_bytes =
      session.phase >= Phase::draining ? session.pending_at_close : session.outbox.pending();
  // What filled up since the turn's last look is behind, too.
  const std::size_t waiting = session.is_blocked ? session.outbox.pending() : 0;
  facts.pending_high = std::max(session.traffic.pending_high, waiting);
  facts.in_msgs = session.traffic.in_msgs;
  facts.out_msgs = session.traffic.out_msgs;
  facts.in_bytes = session.traffic.in_bytes;
  facts.out_bytes = session.traffic.out_bytes;
  facts.stalls = session.traffic.stalls;
  facts.subscriptions = session.subs.size();
  if (session.got_connect) {
    facts.name = protocol::redact(session.connect->name);
    facts.lang = protocol::redact(session.connect->lang);
    facts.version = protocol::redact(session.connect->version);
  }
  const net::TlsFacts tls = session.transport->tlsFacts();
  facts.tls_version = tls.version;
  facts.tls_cipher_suite = tls.cipher_suite;
  facts.tls_first = session.tls_first;
  facts.user = protocol::redact(session.identity.user);
  facts.worst_subject = protocol::redact(session.worst_subject);
  facts.reason = session.reason;
  return facts;
}

std::vector<SubscriptionFacts> describeSubscriptions(const Session& session) {
  std::vector<SubscriptionFacts> all;
  all.reserve(session.subs.size());
  for (const Subscription* const sub : session.subs) {
    all.push_back({.subject = protocol::redact(subject::patternOf(*sub)),
                   .queue = protocol::redact(subject::queueOf(*sub)),
                   .sid = protocol::redact(sub->sid),
                   .delivered = sub->delivered,
                   .max = sub->max,
                   .cid = session.cid});
  }
  return all;
}

std::vector<SubscriptionFacts> describeServices(const Shard& shard) {
  std::vector<SubscriptionFacts> all;
  const auto describe = [&](const subject::Receiver& receiver) {
    // What lives on every shard stands in the list of the first.
    const ShardId home = receiver.shard == kEveryShard ? 0 : receiver.shard;
    const auto& sub = static_cast<const Subscription&>(receiver);
    if (home != shard.loop.id() || !sub.isInternal()) return;
    all.push_back({.subject = subject::patternOf(sub),
                   .queue = subject::queueOf(sub),
                   .sid = sub.sid,
                   .delivered = sub.delivered,
                   .max = 0,
                   .cid = 0});
  };
  const account::Accounts& accounts = shard.shared.accounts;
  for (std::uint32_t index = 0; index < accounts.size(); ++index)
    accounts.at(index).interest.forEach(describe);
  return all;
}

// A client with more subscriptions leaves only their number behind, and so that those with many
// hold no more than about 16 MB a shard, of them only the latest leave more.
constexpr std::size_t kMaxSubsKept = 10'000;
constexpr std::size_t kManySubs = 1000;
constexpr int kMaxWithMany = 16;

void forgetLongLists(std::deque<ConnectionFacts>& closed) {
  int count = 0;
  std::for_each(closed.rbegin(), closed.rend(), [&count](ConnectionFacts& each) {
    if (each.subs.size() > kManySubs && ++count > kMaxWithMany) each.subs = {};
  });
}

const std::deque<ConnectionFacts>& latestClosed(Shard& shard) {
  const auto limit = static_cast<std::uint64_t>(shard.settings->options.max_closed_clients);
  const std::uint64_t all = shard.shared.closed.load(std::memory_order_relaxed);
  while (!shard.closed.empty() && shard.closed.front().closed_number + limit < all)
    shard.closed.pop_front();
  return shard.closed;
}

void recordClosed(Shard& shard, const Session& session) {
  if (shard.settings->options.max_closed_clients == 0) return;
  ConnectionFacts facts = describe(session);
  facts.closed_number = shard.shared.closed.fetch_add(1, std::memory_order_relaxed);
  static_cast<void>(latestClosed(shard));  // forgets whom this one pushes out
  facts.stop = wallNow();
  facts.is_closed = true;
  if (session.subs.size() <= kMaxSubsKept) facts.subs = describeSubscriptions(session);
  const bool has_many = facts.subs.size() > kManySubs;
  shard.closed.push_back(std::move(facts));
  if (has_many) forgetLongLists(shard.closed);
}

}  // namespace gannet::server
