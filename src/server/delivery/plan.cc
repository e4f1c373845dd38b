#include "server/delivery/plan.h"

#include "auth/permission_set.h"
#include "server/session/session.h"
#include "subject/trie.h"

#include <algorithm>

namespace gannet::server {
namespace {

class PlanMaker {
 public:
  PlanMaker(std::string_view subject, subject::ShardId self) : subject_(subject), self_(self) {}

  Plan make(const subject::Match& match) {
    for (subject::Receiver* receiver : match.plain)
      addPlain(static_cast<Subscription&>(*receiver));
    for (const auto& queue : match.queues)
      addGroup(queue);
    plan_.is_reserved = !auth::everyones().mayPublish(subject_);
    plan_.is_silent = plan_.fanOut() == 0;
    plan_.heads.append(Plan::kHeadSlack, '\0');
    return std::move(plan_);
  }

 private:
  void addPlain(Subscription& sub) {
    if (sub.shard == self_) {
      if (sub.service != nullptr) {
        plan_.services.push_back(&sub);
      } else {
        plan_.local.push_back(render(sub));
      }
      return;
    }
    // Each shard has services of its own: a request is answered where it was published.
    if (sub.service != nullptr) return;
    auto& remote = plan_.remote;
    if (std::find(remote.begin(), remote.end(), sub.shard) == remote.end()) {
      remote.push_back(sub.shard);
    }
  }

  void addGroup(const subject::QueueMatch& queue) {
    Group& group = plan_.groups.emplace_back();
    group.name_at = append(queue.name);
    group.name_size = static_cast<std::uint32_t>(queue.name.size());
    group.members.reserve(queue.members.size());
    for (subject::Receiver* receiver : queue.members) {
      auto& sub = static_cast<Subscription&>(*receiver);
      Member& member = group.members.emplace_back();
      if (sub.shard == self_) {
        member.local = render(sub);
      } else {
        member.elsewhere = sub.session->id;
        member.local = {nullptr, append(sub.sid), static_cast<std::uint32_t>(sub.sid.size())};
      }
    }
  }

  Target render(Subscription& sub) {
    const std::uint32_t at = append("HMSG ");
    append(subject_);
    append(" ");
    append(sub.sid);
    append(" ");
    return {&sub, at, static_cast<std::uint32_t>(plan_.heads.size()) - at};
  }

  std::uint32_t append(std::string_view text) {
    const auto at = static_cast<std::uint32_t>(plan_.heads.size());
    plan_.heads.append(text);
    return at;
  }

  std::string_view subject_;
  subject::ShardId self_;
  Plan plan_;
};

}  // namespace

std::size_t Plan::bytes() const {
  std::size_t members = 0;
  for (const auto& group : groups)
    members += group.members.capacity();
  return sizeof(Plan) + local.capacity() * sizeof(Target) + heads.capacity() +
         remote.capacity() * sizeof(subject::ShardId) + groups.capacity() * sizeof(Group) +
         members * sizeof(Member);
}

Plan makePlan(std::string_view subject, const subject::Match& match, subject::ShardId self) {
  return PlanMaker(subject, self).make(match);
}

}  // namespace gannet::server
