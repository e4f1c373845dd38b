#pragma once

#include "server/delivery/message.h"
#include "server/delivery/plan.h"

#include <cstdint>

namespace gannet::server {

class Worker;

// Delivers `message` to everyone `plan` names: receivers here, other shards through the relay, one
// member of each queue group. Returns to how many it went, a shard counting as one.
//
// Threads  The worker's shard.
// Cost     Allocates nothing, takes no lock; copies head, sizes and payload to each receiver, or
//          refers to the payload where it is large.
// Spec     client-protocol §9
std::uint32_t deliver(Worker& worker, const Plan& plan, const Message& message);

// Delivers to one receiver of `plan` on this shard. False if it did not take the message.
bool deliverTo(Worker& worker, const Plan& plan, const Target& target, const Message& message);

// The part of deliver() for a message published on another shard: receivers here only. Returns to
// how many it went.
std::uint32_t deliverRelayed(Worker& worker, const Plan& plan, const Message& message);

// A member of a queue group as other shards name it.
struct MemberName {
  SessionId session;
  std::string_view sid;
  std::string_view queue;
  std::uint8_t hops = 0;  // shards that have looked for it, or for somebody in its place
};

// Delivers to the member of a queue group that another shard chose. If that one is gone, another
// one takes its place, here or on a further shard. False if there is none.
bool deliverToMember(Worker& worker, const Plan& plan, const MemberName& name,
                     const Message& message);

}  // namespace gannet::server
