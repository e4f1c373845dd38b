#include "monitor/pages/accountz.h"

#include "monitor/http/query.h"

#include <fmt/format.h>

#include <algorithm>

namespace gannet::monitor {
namespace {

AccountDetail toDetail(const AccountFacts& account) {
  AccountDetail out;
  out.account_name = account.name;
  out.update_time = account.updated;
  out.is_system = account.is_system;
  out.client_connections = account.clients;
  out.subscriptions = account.sublist.num_subscriptions;
  out.name_tag = account.name;
  out.sublist_stats = account.sublist;
  return out;
}

AccountStat toStat(const AccountFacts& account) {
  AccountStat out;
  out.acc = out.name = account.name;
  out.conns = out.total_conns = account.clients;
  out.num_subscriptions = account.sublist.num_subscriptions;
  out.sent = account.sent;
  out.received = account.received;
  out.slow_consumers = account.slow_consumers;
  return out;
}

}  // namespace

Result<Accountz, Error> makeAccountz(const AccountList& list, std::string_view account) {
  Accountz out;
  out.server_id = list.server_id;
  out.now = list.now;
  out.system_account = list.system_account;
  if (account.empty()) {
    for (const AccountFacts& each : list.accounts)
      out.accounts->push_back(each.name);
    return out;
  }
  const auto found = std::find_if(list.accounts.begin(), list.accounts.end(),
                                  [&](const AccountFacts& each) { return each.name == account; });
  if (found == list.accounts.end()) return Error{fmt::format("Account {} does not exist", account)};
  out.account_detail = toDetail(*found);
  return out;
}

Result<AccstatzQuery, Error> parseAccstatzQuery(const Query& query) {
  const auto with_unused = query.boolean("unused");
  if (!with_unused) return with_unused.error();
  return AccstatzQuery{*with_unused};
}

Accstatz makeAccstatz(const AccountList& list, const AccstatzQuery& query) {
  Accstatz out;
  out.server_id = list.server_id;
  out.now = list.now;
  for (const AccountFacts& each : list.accounts) {
    if (each.clients > 0 || query.with_unused) out.account_statz.push_back(toStat(each));
  }
  return out;
}

}  // namespace gannet::monitor
