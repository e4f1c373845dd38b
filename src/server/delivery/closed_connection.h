#pragma once

#include "server/state/connection_facts.h"

#include <deque>
#include <vector>

namespace gannet::server {

struct Session;
class Shard;

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
