#pragma once

#include "server/message/publication.h"

#include <cstdint>

namespace gannet::server {

class Shard;
struct Plan;
struct Session;

// What became of a message on this shard.
struct Routed {
  std::uint32_t delivered = 0;  // receivers here that took it
  std::uint32_t asked = 0;      // other shards that it was handed to

  // Nobody took it, and nobody can take it any more.
  [[nodiscard]] bool isUndelivered() const { return delivered == 0 && asked == 0; }
};

// How a receiver here met a message, in the order in which the reference decides.
enum class Outcome : std::uint8_t {
  delivered,
  client_closed,
  subscription_closed,
  own_message,  // which the session does not want
  exhausted,    // the subscription has had its maximum
  no_room,
};

// Watches a message being routed, step by step.
class RouteObserver {
 public:
  RouteObserver() = default;
  RouteObserver(const RouteObserver&) = delete;
  RouteObserver& operator=(const RouteObserver&) = delete;
  virtual ~RouteObserver() = default;

  // False: the message reaches nobody; what would have become of it is noted.
  [[nodiscard]] virtual bool delivers() const = 0;

  // A client here; an internal receiver here or of every shard; another shard, which the observer
  // has to ask itself.
  virtual void note(const Subscription& sub, Outcome outcome) = 0;
  virtual void noteInternal(const Subscription& sub) = 0;
  virtual void handOver(ShardId shard, const Handover& handover) = 0;
};

// The one walk over a plan: clients, groups, other shards, links, internal receivers, in this
// order. Whatever is published comes to route(), what another shard hands over to routeHere().
//
// Threads  The shard's own.
// Cost     Clients: no allocation, no lock, nothing virtual; copies head, sizes and payload to
// each,
//          or refers to the payload where it is large. One record for each other shard.
// Valid    `plan` is not touched behind the first call of an internal receiver, which may replace
//          it; the caller asks for it anew.
// Spec     client-protocol §9
Routed route(Shard& shard, const Plan& plan, const Publication& message);

// To the receivers here that are in no group, if `handover` says so, and for each of its picks to
// that member or to one that takes its place.
Routed routeHere(Shard& shard, const Plan& plan, const Publication& message,
                 const Handover& handover);

// The same with an observer, which also stands between this shard and the others.
Routed routeObserved(Shard& shard, const Plan& plan, const Publication& message,
                     RouteObserver& observer);
Routed routeHereObserved(Shard& shard, const Plan& plan, const Publication& message,
                         const Handover& handover, RouteObserver& observer);

}  // namespace gannet::server
