#include "server/services/services.h"

#include "base/assert.h"
#include "base/json.h"
#include "base/log.h"
#include "server/delivery/owned_publication.h"
#include "server/delivery/publish.h"
#include "server/services/server_facts.h"
#include "server/session/session.h"
#include "server/shards/shard.h"

#include <boost/describe/class.hpp>
#include <fmt/format.h>

#include <array>

namespace gannet::server {
namespace {

struct UserFacts {
  std::string user;  // empty: anonymous
  std::string account;
  std::string account_name;
};
BOOST_DESCRIBE_STRUCT(UserFacts, (), (user, account, account_name))

struct UserInfo {
  ServerFacts server;
  UserFacts data;
};
BOOST_DESCRIBE_STRUCT(UserInfo, (), (server, data))

struct Row {
  std::string_view subject;
  void (*answer)(void* context, Shard& shard, const Publication& request);
};

// Every subject that the server answers. Spec: client-protocol §17
constexpr auto kRows = std::to_array<Row>({
    {"$SYS.REQ.USER.INFO",
     [](void*, Shard& shard, const Publication& request) { answerUserInfo(shard, request); }},
});

}  // namespace

Services::Services(account::Account& account) : account_(account) {
  for (const Row& row : kRows) {
    auto& sub = *subs_.emplace_back(std::make_unique<Subscription>());
    sub.shard = kEveryShard;
    sub.id = {kEveryShard, static_cast<std::uint32_t>(subs_.size() - 1), 1};
    sub.internal = {row.answer, nullptr};
    const bool is_added = account.interest.insert(row.subject, "", sub).has_value();
    GANNET_ASSERT(is_added);
  }
}

Services::~Services() {
  for (const auto& sub : subs_)
    account_.interest.erase(*sub);
}

Subscription* Services::find(SubscriptionId id) const {
  GANNET_ASSERT(id.shard == kEveryShard);
  return id.slot < subs_.size() ? subs_[id.slot].get() : nullptr;
}

void Services::trace() {
  int sid = 0;
  for (const Row& row : kRows)
    log::trace("SYSTEM - <<- [SUB {}  {}]", row.subject, ++sid);
}

std::string systemSubject(std::string_view subject, std::string_view account) {
  const std::size_t last = subject.rfind('.');
  return fmt::format("{}.{}{}", subject.substr(0, last), account, subject.substr(last));
}

void answerUserInfo(Shard& shard, const Publication& request) {
  // A request that waited for another handler knows its client by name only.
  const Session* const from = request.from != nullptr ? request.from : shard.find(request.from_id);
  if (request.reply.empty() || from == nullptr) return;
  UserInfo info;
  info.server = nextServerFacts(shard);
  info.data.user = from->identity.user;
  info.data.account = from->account->account.name;
  info.data.account_name = info.data.account;
  const OwnedPublication answer(Occasion::answer, request.reply, "", "", json::write(info));
  publishInternal(shard, *from->account, answer.view());
}

}  // namespace gannet::server
