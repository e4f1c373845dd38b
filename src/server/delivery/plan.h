#pragma once

#include "server/delivery/subscription.h"
#include "server/session/session_id.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gannet::subject {
struct Match;
}

namespace gannet::server {

// One receiver of a plan on the plan's own shard, with the start of its MSG line rendered.
struct Target {
  Subscription* to = nullptr;
  std::uint32_t head_at = 0;  // "HMSG subject sid ", in Plan::heads
  std::uint32_t head_size = 0;
};

// One member of a queue group; on another shard it is known by name only.
struct Member {
  Target local;         // local.to is null if the member lives elsewhere; then the head is its sid
  SessionId elsewhere;  // valid if local.to is null
};

// The members of one queue group, on all shards.
struct Group {
  std::vector<Member> members;
  std::uint32_t name_at = 0;  // in Plan::heads
  std::uint32_t name_size = 0;
};

// How one shard delivers the messages of one subject: made once by matching, used until the
// interest that it was made from changes.
//
// Threads  One shard.
struct Plan {
  std::vector<Target> local;             // plain receivers here
  std::vector<subject::ShardId> remote;  // other shards with plain receivers
  std::vector<Group> groups;
  std::vector<Subscription*> services;
  std::string heads;         // followed by kHeadSlack bytes that may be read
  bool is_silent = true;     // nobody listens
  bool is_reserved = false;  // auth::everyones() forbids to publish here

  static constexpr std::size_t kHeadSlack = 32;

  [[nodiscard]] std::string_view head(const Target& target) const {
    return {heads.data() + target.head_at, target.head_size};
  }

  [[nodiscard]] std::string_view nameOf(const Group& group) const {
    return {heads.data() + group.name_at, group.name_size};
  }

  [[nodiscard]] std::size_t fanOut() const {
    return local.size() + remote.size() + groups.size() + services.size();
  }

  [[nodiscard]] std::size_t bytes() const;
};

// Makes the plan of shard `self` for `subject`. Called under the interest's lock, because it reads
// receivers of other shards.
// Spec  client-protocol §4.3, §9.1, §9.2
[[nodiscard]] Plan makePlan(std::string_view subject, const subject::Match& match,
                            subject::ShardId self);

}  // namespace gannet::server
