#pragma once

#include "base/clock.h"
#include "base/json_shape.h"
#include "base/result.h"
#include "monitor/pages/subsz.h"

#include <boost/describe/class.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The two pages about accounts: /accountz says what they are, /accstatz what they do. Both are made
// from one answer of the Source, so they never contradict each other.
//
// Threads  Any; plain values.
namespace gannet::monitor {

class Query;

// Messages of one kind of link, and their bytes.
struct LinkStats {
  std::uint64_t msgs = 0;
  std::uint64_t bytes = 0;
};
BOOST_DESCRIBE_STRUCT(LinkStats, (), (msgs, bytes))

// Messages of all connections, and the part of them that went over links to other servers.
struct DataStats {
  std::uint64_t msgs = 0;
  std::uint64_t bytes = 0;
  LinkStats gateways;
  LinkStats routes;
  LinkStats leafs;
};
BOOST_DESCRIBE_STRUCT(DataStats, (), (msgs, bytes, gateways, routes, leafs))

// What is known of one account, whichever page shows it.
struct AccountFacts {
  std::string name;
  bool is_system = false;
  WallTime updated;          // when its configuration was read
  std::int64_t clients = 0;  // connections, open now
  DataStats sent;            // to its connections, since the start
  DataStats received;        // from them
  std::uint64_t slow_consumers = 0;
  SublistStats sublist;
};

// What a Source answers: all accounts, in any order.
struct AccountList {
  std::string server_id;
  WallTime now;
  std::string system_account;  // its name; empty: there is none
  std::vector<AccountFacts> accounts;
};

// One account. Accounts have no mappings, exports, imports and claims of their own yet, so their
// members are absent, as they are where those are empty. Spec: monitoring §8
struct AccountDetail {
  std::string account_name;
  WallTime update_time;
  json::Omit<bool> is_system;
  bool expired = false;  // its claims; the configuration's accounts never expire
  bool complete = true;  // its imports are resolved
  bool jetstream_enabled = false;
  int leafnode_connections = 0;
  std::int64_t client_connections = 0;
  std::uint32_t subscriptions = 0;
  json::Omit<std::string> name_tag;
  json::Omit<std::optional<SublistStats>> sublist_stats;
};
BOOST_DESCRIBE_STRUCT(AccountDetail, (),
                      (account_name, update_time, is_system, expired, complete, jetstream_enabled,
                       leafnode_connections, client_connections, subscriptions, name_tag,
                       sublist_stats))

// The whole of /accountz. Spec: monitoring §8
struct Accountz {
  std::string server_id;
  WallTime now;
  json::Omit<std::string> system_account;
  json::Omit<std::vector<std::string>> accounts;            // their names; or, if one was named,
  json::Omit<std::optional<AccountDetail>> account_detail;  // that one
};
BOOST_DESCRIBE_STRUCT(Accountz, (), (server_id, now, system_account, accounts, account_detail))

// The page about the account that is named, or about all if the name is empty.
// Errors  There is no such account: the body of a 400.
[[nodiscard]] Result<Accountz, Error> makeAccountz(const AccountList& list,
                                                   std::string_view account);

// One account's numbers. Spec: monitoring §9
struct AccountStat {
  std::string acc;
  std::string name;  // its tag, which is the name of an account of the configuration
  std::int64_t conns = 0;
  int leafnodes = 0;
  std::int64_t total_conns = 0;  // both
  std::uint32_t num_subscriptions = 0;
  DataStats sent;
  DataStats received;
  std::uint64_t slow_consumers = 0;
};
BOOST_DESCRIBE_STRUCT(AccountStat, (),
                      (acc, name, conns, leafnodes, total_conns, num_subscriptions, sent, received,
                       slow_consumers))

// The whole of /accstatz. Spec: monitoring §9
struct Accstatz {
  std::string server_id;
  WallTime now;
  std::vector<AccountStat> account_statz;
};
BOOST_DESCRIBE_STRUCT(Accstatz, (), (server_id, now, account_statz))

struct AccstatzQuery {
  bool with_unused = false;  // those without a connection too
};

// Errors  The body of a 400. Spec: monitoring §1.3, §9
[[nodiscard]] Result<AccstatzQuery, Error> parseAccstatzQuery(const Query& query);

[[nodiscard]] Accstatz makeAccstatz(const AccountList& list, const AccstatzQuery& query);

}  // namespace gannet::monitor
