#include "server/services/services.h"

#include "base/assert.h"
#include "base/json.h"
#include "base/log.h"
#include "server/delivery/publish.h"
#include "server/message/owned_publication.h"
#include "server/state/server_facts.h"
#include "server/state/session.h"
#include "server/state/shard.h"
#include "server/state/shared.h"

#include <boost/describe/class.hpp>
#include <fmt/format.h>

#include <array>
#include <memory>
#include <utility>

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

void addServices(Shared& shared) {
  account::Account& account = shared.accounts.at(account::kGlobalIndex);
  for (const Row& row : kRows) {
    auto& sub = *shared.everywhere.emplace_back(std::make_unique<Subscription>());
    sub.shard = kEveryShard;
    sub.id = {kEveryShard, static_cast<std::uint32_t>(shared.everywhere.size() - 1), 1};
    sub.internal = {row.answer, nullptr};
    const bool is_added = account.interest.insert(row.subject, "", sub).has_value();
    GANNET_ASSERT(is_added);
  }
}

void removeServices(Shared& shared) {
  account::Account& account = shared.accounts.at(account::kGlobalIndex);
  for (const auto& sub : std::exchange(shared.everywhere, {}))
    account.interest.erase(*sub);
}

void traceServices() {
  int sid = 0;
  for (const Row& row : kRows)
    log::trace("SYSTEM - <<- [SUB {}  {}]", row.subject, ++sid);
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
