#include "monitor/pages/connz.h"

#include "base/json.h"
#include "monitor/http/query.h"
#include "tests/unit/monitor/fake_source.h"

#include <gtest/gtest.h>

#include <limits>

namespace gannet::monitor {
namespace {

Connection connection(std::uint64_t cid) {
  Connection made;
  made.cid = cid;
  made.ip = "127.0.0.1";
  made.port = 1000 + static_cast<int>(cid);
  made.start = at(100 + static_cast<std::int64_t>(cid));
  made.last_activity = at(900);
  made.account = "$G";
  return made;
}

// The cids of the page that `query` gives.
std::vector<std::uint64_t> page(std::vector<Connection> all, std::string_view query) {
  const auto parsed = parseConnzQuery(Query(query));
  EXPECT_TRUE(parsed) << query;
  EXPECT_TRUE(validate(*parsed)) << query;
  ConnectionList list;
  list.now = at(1000);
  list.connections = std::move(all);
  std::vector<std::uint64_t> cids;
  const Connz connz = makeConnz(std::move(list), *parsed);
  for (const ConnInfo& info : *connz.connections) {
    cids.push_back(info.cid);
  }
  return cids;
}

using Cids = std::vector<std::uint64_t>;

TEST(Connz, ShowsAConnectionAsTheReferenceDoes) {  // monitoring §3.4, §22
  Connection made = connection(12);
  made.start = at(0) + std::chrono::nanoseconds(1);
  made.rtt = std::chrono::nanoseconds(253'999);
  made.name = "orders";
  made.lang = "go";
  made.version = "1.48.0";
  made.authorized_user = "a";
  made.account = "A";
  made.name_tag = "A";
  made.subscriptions = 1;
  SubDetail sub;
  sub.account = "A";
  sub.account_tag = "A";
  sub.subject = "foo.>";
  sub.sid = "1";
  sub.msgs = 9;
  sub.cid = 12;
  made.subs = {sub};
  ConnectionList list;
  list.server_id = "NID";
  list.now = at(1000);
  list.connections = {made};

  const auto query = parseConnzQuery(Query("auth=1&subs=Detail&limit=1"));
  ASSERT_TRUE(query);
  EXPECT_EQ(json::write(makeConnz(std::move(list), *query)),
            R"({"server_id":"NID","now":"1970-01-01T00:16:40Z","num_connections":1,"total":1,)"
            R"("offset":0,"limit":1,"connections":[{"cid":12,"kind":"Client","type":"nats",)"
            R"("ip":"127.0.0.1","port":1012,"start":"1970-01-01T00:00:00.000000001Z",)"
            R"("last_activity":"1970-01-01T00:15:00Z","rtt":"253µs","uptime":"16m39s",)"
            R"("idle":"1m40s","pending_bytes":0,"in_msgs":0,"out_msgs":0,"in_bytes":0,)"
            R"("out_bytes":0,"subscriptions":1,"name":"orders","lang":"go","version":"1.48.0",)"
            R"("authorized_user":"a","account":"A","subscriptions_list_detail":[{)"
            R"("subject":"foo.\u003e","sid":"1","msgs":9,"cid":12}],"name_tag":"A"}]})");
}

TEST(Connz, HidesIdentityUnlessAsked) {
  Connection made = connection(1);
  made.authorized_user = "u";
  made.account = "A";
  made.jwt = "j";
  made.tls_peer_certs.emplace_back();
  ConnectionList list;
  list.connections = {made, made};
  list.connections[1].stop = at(950);
  list.connections[1].reason = "Client Closed";

  ConnzQuery query;
  query.state = ConnState::all;
  const Connz connz = makeConnz(std::move(list), query);
  ASSERT_EQ(connz.connections->size(), 2U);
  for (const ConnInfo& info : *connz.connections) {
    EXPECT_EQ(*info.authorized_user, "");
    EXPECT_EQ(*info.account, "");
    EXPECT_TRUE(info.tls_peer_certs->empty());
    EXPECT_EQ(*info.jwt, info.stop->has_value() ? "j" : "");  // closed ones show it anyway
  }
}

TEST(Connz, LeavesOutTheGlobalAccount) {
  ConnectionList list;
  list.connections = {connection(1)};
  list.connections[0].name_tag = "$G";
  ConnzQuery query;
  query.with_auth = true;

  const Connz connz = makeConnz(std::move(list), query);
  EXPECT_EQ(*connz.connections->at(0).account, "");
  EXPECT_EQ(*connz.connections->at(0).name_tag, "$G");
}

TEST(Connz, ListsSubjectsOrDetailsButNotBoth) {
  for (const SubsShown shown : {SubsShown::none, SubsShown::list, SubsShown::detail}) {
    ConnectionList list;
    list.connections = {connection(1)};
    list.connections[0].subs.resize(2);
    ConnzQuery query;
    query.subs = shown;
    const Connz connz = makeConnz(std::move(list), query);
    const ConnInfo& info = connz.connections->at(0);
    EXPECT_EQ(info.subscriptions_list->size(), shown == SubsShown::list ? 2U : 0U);
    EXPECT_EQ(info.subscriptions_list_detail->size(), shown == SubsShown::detail ? 2U : 0U);
  }
}

TEST(Connz, SortsAsAsked) {  // monitoring §3.3
  std::vector<Connection> all = {connection(3), connection(1), connection(2)};
  for (Connection& each : all) {
    const auto cid = static_cast<std::int64_t>(each.cid);
    each.subscriptions = static_cast<std::uint32_t>(cid);
    each.pending_bytes = each.out_msgs = each.in_msgs = each.out_bytes = each.in_bytes = cid;
    each.rtt = std::chrono::seconds(cid);
    each.last_activity = at(900 + cid);
  }
  for (const char* sort : {"cid", "start", ""}) {
    EXPECT_EQ(page(all, std::string("sort=") + sort), (Cids{1, 2, 3})) << sort;
  }
  for (const char* sort : {"subs", "pending", "msgs_to", "msgs_from", "bytes_to", "bytes_from",
                           "rtt", "last", "uptime"}) {
    EXPECT_EQ(page(all, std::string("sort=") + sort), (Cids{3, 2, 1})) << sort;
  }
  EXPECT_EQ(page(all, "sort=idle"), (Cids{1, 2, 3}));

  for (Connection& each : all) {
    each.stop = at(950 + static_cast<std::int64_t>(each.cid));
    each.reason = each.cid == 2 ? "A" : "B" + std::to_string(each.cid);
  }
  EXPECT_EQ(page(all, "state=closed&sort=stop"), (Cids{3, 2, 1}));
  EXPECT_EQ(page(all, "state=CLOSED&sort=reason"), (Cids{2, 1, 3}));
}

TEST(Connz, Pages) {
  const std::vector<Connection> all = {connection(1), connection(2), connection(3)};
  EXPECT_EQ(page(all, "limit=2"), (Cids{1, 2}));
  EXPECT_EQ(page(all, "limit=2&offset=2"), (Cids{3}));
  EXPECT_EQ(page(all, "offset=3"), Cids{});
  EXPECT_EQ(page(all, "offset=9223372036854775807&limit=1"), Cids{});
  EXPECT_EQ(page(all, "offset=1&limit=9223372036854775807"), (Cids{2, 3}));
  EXPECT_EQ(page(all, "offset=-1&limit=-1"), (Cids{1, 2, 3}));
}

TEST(Connz, Filters) {
  std::vector<Connection> all = {connection(1), connection(2), connection(3), connection(4)};
  all[1].account = "A";
  all[1].authorized_user = "u";
  all[2].account = "A";
  all[2].mqtt_client = "m";
  all[3].stop = at(950);

  EXPECT_EQ(page(all, ""), (Cids{1, 2, 3}));
  EXPECT_EQ(page(all, "state=any"), (Cids{1, 2, 3, 4}));
  EXPECT_EQ(page(all, "state=closed"), (Cids{4}));
  EXPECT_EQ(page(all, "acc=A"), (Cids{2, 3}));
  EXPECT_EQ(page(all, "acc=$G&state=all"), (Cids{1}));  // closed ones of $G have no name
  EXPECT_EQ(page(all, "user=u"), (Cids{2}));
  EXPECT_EQ(page(all, "mqtt_client=m"), (Cids{3}));
  EXPECT_EQ(page(all, "cid=2"), (Cids{2}));
  EXPECT_EQ(page(all, "cid=2&acc=B"), Cids{});
  EXPECT_EQ(page(all, "cid=4"), Cids{});
  EXPECT_EQ(page(all, "cid=4&state=any"), (Cids{4}));
}

TEST(Connz, CountsInTotalWhatTheAccountHas) {
  ConnectionList list;
  list.connections = {connection(1), connection(2), connection(3)};
  list.connections[0].account = "A";
  list.connections[1].account = "A";
  list.left_out = 5;
  const auto query = parseConnzQuery(Query("acc=A&user=nobody&cid=1"));
  const Connz connz = makeConnz(std::move(list), *query);

  EXPECT_EQ(connz.total, 2 + 5);
  EXPECT_EQ(connz.num_connections, 0);
  EXPECT_EQ(connz.limit, 1);
}

TEST(Connz, HasNoListForAnUnknownAccount) {
  ConnectionList list;
  list.server_id = "NID";
  list.is_account_known = false;
  EXPECT_EQ(json::write(makeConnz(std::move(list), {})),
            R"({"server_id":"","now":"0001-01-01T00:00:00Z","num_connections":0,"total":0,)"
            R"("offset":0,"limit":1024,"connections":null})");
}

TEST(Connz, RefusesWhatItCannotSort) {
  struct Row {
    std::string_view query, error;
  };

  constexpr Row kRows[] = {
      {"sort=foo", "invalid sorting option: foo"},
      {"sort=stop", "sort by stop only valid on closed connections"},
      {"sort=reason&state=all", "sort by reason only valid on closed connections"},
  };
  for (const Row& row : kRows) {
    const auto valid = validate(*parseConnzQuery(Query(row.query)));
    ASSERT_FALSE(valid) << row.query;
    EXPECT_EQ(valid.error().text, row.error);
  }
  EXPECT_EQ(parseConnzQuery(Query("state=foo")).error().text, "Error decoding state for foo");
}

}  // namespace
}  // namespace gannet::monitor
