#pragma once

#include "base/bytes/padded_view.h"
#include "server/message/subscription.h"

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace gannet::subject {
struct Match;
struct PlanSubject;
}  // namespace gannet::subject

namespace gannet::server {

// One client of a plan on the plan's own shard, with the start of its MSG line rendered.
struct ClientTarget {
  Subscription* to = nullptr;
  std::uint32_t head_at = 0;  // in Plan::heads: "HMSG subject sid ", or "sid " for a class
  std::uint32_t head_size = 0;
};

// One member of a queue group: a client here, or a name.
struct Member {
  ClientTarget client;  // client.to is null for others than clients of this shard
  SubscriptionId id;    // lives here, on another shard, or on every one
};

// One queue group, on all shards.
struct Group {
  // Up to this many members are copied into the plan, which is made anew whenever one comes or
  // goes. A larger group has only its name here, and each message asks the interest for a member.
  static constexpr std::size_t kMaxCopied = 256;

  std::vector<Member> members;  // empty: they are more
  std::uint32_t name_at = 0;    // in Plan::heads
  std::uint32_t name_size = 0;
};

// What most plans lack, in the order in which route() serves it behind the clients.
struct PlanRest {
  std::vector<Group> groups;
  std::vector<ShardId> shards;            // others with plain receivers
  std::vector<Link*> links;               // of this shard
  std::vector<SubscriptionId> internals;  // of this shard or of every shard

  [[nodiscard]] std::size_t bytes() const;
};

// How one shard delivers the messages of one subject, or of a class of subjects: made once by
// matching, used until the interest that it was made from changes.
//
// Threads  One shard.
struct Plan {
  std::vector<ClientTarget> clients;
  PaddedText heads;
  std::uint32_t lead_size = 0;     // of "HMSG subject " in each head; 0: each is a sid alone
  std::unique_ptr<PlanRest> rest;  // null: clients of this shard alone

  // Nobody listens.
  [[nodiscard]] bool isSilent() const { return clients.empty() && rest == nullptr; }

  [[nodiscard]] PaddedView head(const ClientTarget& target) const {
    return heads.view(target.head_at, target.head_size);
  }

  [[nodiscard]] std::string_view nameOf(const Group& group) const {
    return heads.view(group.name_at, group.name_size).view();
  }

  // Receivers, a shard or a group counting as one.
  [[nodiscard]] std::size_t fanOut() const;

  // Heap memory.
  [[nodiscard]] std::size_t bytes() const;
};

// Makes the plan of shard `self`. Called under the interest's lock, because it reads
// receivers of other shards.
// Spec  client-protocol §4.3, §9.1, §9.2
[[nodiscard]] Plan makePlan(const subject::PlanSubject& subject, const subject::Match& match,
                            ShardId self);

}  // namespace gannet::server
