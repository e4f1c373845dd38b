#pragma once

#include "protocol/args.h"

#include <cstdint>

namespace gannet::server {

struct Session;
struct Subscription;
class Shard;

// Adds a subscription, or answers with the error that applies first.
// Spec  client-protocol §6
void onSub(Shard& shard, Session& session, const protocol::SubArgs& args);

// Removes a subscription at once, or after its max-th delivery since the SUB.
// Spec  client-protocol §6
void onUnsub(Shard& shard, Session& session, const protocol::UnsubArgs& args);

// Removes `sub` from the interest and from its session. It is freed at the end of the turn, and
// plans made before see it as closing.
void unsubscribe(Shard& shard, Subscription& sub);

// Removes all subscriptions of a session.
void unsubscribeAll(Shard& shard, Session& session);

}  // namespace gannet::server
