#include "server/message/plan.h"

#include "base/assert.h"
#include "subject/match_cache.h"

#include <algorithm>
#include <utility>

namespace gannet::server {
namespace {

template <class T>
void addOnce(std::vector<T>& list, T item) {
  if (std::find(list.begin(), list.end(), item) == list.end()) list.push_back(item);
}

class PlanMaker {
 public:
  PlanMaker(const subject::PlanSubject& subject, ShardId self) : subject_(subject), self_(self) {}

  Plan make(const subject::Match& match) {
    if (!subject_.is_class) {
      plan_.lead_size = static_cast<std::uint32_t>(kVerb.size() + subject_.text.size() + 1);
    }
    for (subject::Receiver* receiver : match.plain)
      addPlain(static_cast<Subscription&>(*receiver));
    for (const auto& queue : match.queues)
      addGroup(queue);
    plan_.heads.seal();
    return std::move(plan_);
  }

 private:
  static constexpr std::string_view kVerb = "HMSG ";

  PlanRest& rest() {
    if (plan_.rest == nullptr) plan_.rest = std::make_unique<PlanRest>();
    return *plan_.rest;
  }

  void addPlain(Subscription& sub) {
    if (sub.shard != self_ && sub.shard != kEveryShard) {
      addOnce(rest().shards, sub.shard);
    } else if (sub.isInternal()) {
      rest().internals.push_back(sub.id);
    } else if (sub.link != nullptr) {
      addOnce(rest().links, sub.link);
    } else {
      plan_.clients.push_back(render(sub));
    }
  }

  void addGroup(const subject::QueueMatch& queue) {
    GANNET_ASSERT(!queue.members.empty());
    Group& group = rest().groups.emplace_back();
    group.name_at = append(queue.name);
    group.name_size = static_cast<std::uint32_t>(queue.name.size());
    if (queue.members.size() > Group::kMaxCopied) return;
    group.members.reserve(queue.members.size());
    for (subject::Receiver* receiver : queue.members) {
      auto& sub = static_cast<Subscription&>(*receiver);
      Member& member = group.members.emplace_back();
      member.id = sub.id;
      const bool is_client = !sub.isInternal() && sub.link == nullptr;
      if (is_client && sub.shard == self_) member.client = render(sub);
    }
  }

  ClientTarget render(Subscription& sub) {
    const auto at = static_cast<std::uint32_t>(plan_.heads.size());
    if (!subject_.is_class) {
      append(kVerb);
      append(subject_.text);
      append(" ");
    }
    append(sub.sid);
    append(" ");
    return {&sub, at, static_cast<std::uint32_t>(plan_.heads.size()) - at};
  }

  std::uint32_t append(std::string_view text) {
    return static_cast<std::uint32_t>(plan_.heads.append(text));
  }

  const subject::PlanSubject& subject_;
  ShardId self_;
  Plan plan_;
};

}  // namespace

std::size_t PlanRest::bytes() const {
  std::size_t members = 0;
  for (const auto& group : groups)
    members += group.members.capacity();
  return sizeof(PlanRest) + groups.capacity() * sizeof(Group) + members * sizeof(Member) +
         shards.capacity() * sizeof(ShardId) + links.capacity() * sizeof(void*) +
         internals.capacity() * sizeof(SubscriptionId);
}

std::size_t Plan::fanOut() const {
  if (rest == nullptr) return clients.size();
  return clients.size() + rest->groups.size() + rest->shards.size() + rest->links.size() +
         rest->internals.size();
}

std::size_t Plan::bytes() const {
  return sizeof(Plan) + clients.capacity() * sizeof(ClientTarget) + heads.capacity() +
         (rest == nullptr ? 0 : rest->bytes());
}

Plan makePlan(const subject::PlanSubject& subject, const subject::Match& match, ShardId self) {
  return PlanMaker(subject, self).make(match);
}

}  // namespace gannet::server
