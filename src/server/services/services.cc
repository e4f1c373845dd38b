#include "server/services/services.h"

#include "base/assert.h"
#include "base/json.h"
#include "base/log.h"
#include "server/delivery/publish.h"
#include "server/services/internal_message.h"
#include "server/services/server_facts.h"
#include "server/session/session.h"
#include "server/shards/settings.h"
#include "server/shards/worker.h"

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
  Service answer;
};

// Every subject that the server answers. Spec: client-protocol §17
constexpr auto kRows = std::to_array<Row>({
    {"$SYS.REQ.USER.INFO", &answerUserInfo},
});

}  // namespace

Services::Services(Worker& worker) : worker_(worker) {
  for (const Row& row : kRows) {
    auto& sub = *subs_.emplace_back(std::make_unique<Subscription>());
    sub.shard = worker.shard.id();
    sub.special = special::kService;
    sub.service = row.answer;
    const bool is_added = worker.global.account.interest.insert(row.subject, "", sub).has_value();
    GANNET_ASSERT(is_added);
  }
  worker.syncPlans();
  if (worker.shard.id() == 0 && worker.settings->options.trace_verbose) trace();
}

// The server's own subscriptions stand in the log as those of a client named SYSTEM.
void Services::trace() const {
  int sid = 0;
  for (const Row& row : kRows)
    log::trace("SYSTEM - <<- [SUB {}  {}]", row.subject, ++sid);
}

Services::~Services() {
  for (const auto& sub : subs_)
    worker_.global.account.interest.erase(*sub);
}

std::string systemSubject(std::string_view subject, std::string_view account) {
  const std::size_t last = subject.rfind('.');
  return fmt::format("{}.{}{}", subject.substr(0, last), account, subject.substr(last));
}

void answerUserInfo(Worker& worker, const Message& request) {
  if (request.reply.empty() || request.from == nullptr) return;
  UserInfo info;
  info.server = nextServerFacts(worker);
  info.data.user = request.from->identity.user;
  info.data.account = request.from->account->account.name;
  info.data.account_name = info.data.account;
  const InternalMessage answer(Occasion::answer, request.reply, "", "", json::write(info));
  publishInternal(worker, *request.from->account, answer.view());
}

}  // namespace gannet::server
