#include "monitor/endpoints.h"

#include "base/json.h"
#include "tests/unit/monitor/fake_source.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace gannet::monitor {
namespace {

constexpr std::string_view kPlain = "text/plain; charset=utf-8";

class EndpointsTest : public testing::Test {
 protected:
  Response get(std::string_view url) { return ask("GET", url); }

  Response ask(std::string_view method, std::string_view url) {
    std::optional<Response> answer;
    const auto target = parseTarget(method, url);
    EXPECT_TRUE(target.has_value()) << url;
    endpoints.serve(method, target.value_or(Target{}),
                    [&](Response response) { answer = std::move(response); });
    EXPECT_TRUE(answer.has_value()) << url;
    return answer.value_or(Response{});
  }

  FakeSource source;
  Endpoints endpoints{source, {.base_path = "", .version = "2.15.2"}};
};

TEST_F(EndpointsTest, AnswerWithPrettyJson) {  // monitoring §1.3
  for (const char* path : {"/varz", "/connz", "/subsz", "/subscriptionsz", "/slowz", "/accountz",
                           "/accstatz", "/routez", "/leafz", "/gatewayz"}) {
    const Response response = get(path);
    EXPECT_EQ(response.status, 200) << path;
    EXPECT_EQ(response.content_type, "application/json") << path;
    EXPECT_TRUE(response.is_shared) << path;
    EXPECT_TRUE(response.body.starts_with("{\n  \"server_id\": \"NID\",\n  \"")) << response.body;
    EXPECT_TRUE(response.body.ends_with("\n}")) << response.body;
  }
  EXPECT_EQ(get("/varz?callback=x").body.front(), '{');
}

TEST_F(EndpointsTest, RefuseBadParameters) {
  struct Row {
    std::string_view target, body;
  };

  constexpr Row kRows[] = {
      {"/connz?auth=xxx",
       R"(Error decoding boolean for 'auth': strconv.ParseBool: parsing "xxx": invalid syntax)"},
      {"/connz?subs=xxx",
       R"(Error decoding boolean for 'subs': strconv.ParseBool: parsing "xxx": invalid syntax)"},
      {"/connz?offset=xxx",
       R"(Error decoding int for 'offset': strconv.Atoi: parsing "xxx": invalid syntax)"},
      {"/connz?sort=foo", "invalid sorting option: foo"},
      {"/subsz?subs=detail",
       R"(Error decoding boolean for 'subs': strconv.ParseBool: parsing "detail": invalid syntax)"},
      {"/subsz?test=foo.*", "invalid test subject, must be valid publish subject: foo.*"},
      {"/healthz?js-server-only=zz",
       R"(Error decoding boolean for 'js-server-only': strconv.ParseBool: parsing "zz": )"
       "invalid syntax"},
      {"/jsz?limit=x&accounts=1",
       R"(Error decoding int for 'limit': strconv.Atoi: parsing "x": invalid syntax)"},
      {"/jsz?leader-only=1", "filtered response: not leader"},
      {"/leafz?subs=detail",
       R"(Error decoding boolean for 'subs': strconv.ParseBool: parsing "detail": invalid syntax)"},
      {"/gatewayz?accs=x&subs=y",
       R"(Error decoding boolean for 'subs': strconv.ParseBool: parsing "y": invalid syntax)"},
      {"/accountz?acc=X", "Account X does not exist"},
      {"/slowz?limit=x",
       R"(Error decoding int for 'limit': strconv.Atoi: parsing "x": invalid syntax)"},
  };
  for (const Row& row : kRows) {
    const Response response = get(row.target);
    EXPECT_EQ(response.status, 400) << row.target;
    EXPECT_EQ(response.content_type, kPlain);
    EXPECT_FALSE(response.is_shared);
    EXPECT_EQ(response.body, row.body);
  }
}

TEST_F(EndpointsTest, KnowTheirPaths) {
  for (const char* path : {"/nope", "/varz/", "/VARZ", "/varzz", "/connz/x"}) {
    const Response response = get(path);
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_EQ(response.body, "404 page not found\n");
    EXPECT_TRUE(response.is_opaque);
  }
  EXPECT_EQ(get("/health%7A").status, 200);
  EXPECT_EQ(get("http://host:8222/healthz").status, 200);
  EXPECT_EQ(get("/%2E%2E/healthz").status, 404);
  EXPECT_EQ(get("/a%2F..%2Fhealthz").status, 404);
  EXPECT_EQ(get("/healthz#x").status, 404);
}

TEST_F(EndpointsTest, RedirectToTheCleanPath) {
  const Response response = get("//a/../varz?x=1");
  EXPECT_EQ(response.status, 307);
  EXPECT_EQ(response.location, "/varz?x=1");
  EXPECT_EQ(response.body, "<a href=\"/varz?x=1\">Temporary Redirect</a>.\n\n");
  EXPECT_EQ(get("//evil.example/%0D%0AX:%20y").location, "/evil.example/%250D%250AX:%2520y");
  EXPECT_EQ(get("http://x").location, "/");

  const Response told = ask("POST", "//varz");  // no page to read
  EXPECT_EQ(told.location, "/varz");
  EXPECT_EQ(told.content_type + told.body, "");
}

TEST_F(EndpointsTest, DoNotRedirectAProxy) {
  EXPECT_EQ(ask("CONNECT", "//varz").status, 404);
  EXPECT_EQ(ask("CONNECT", "varz:80").status, 404);
  EXPECT_EQ(ask("CONNECT", "/varz").status, 200);
}

TEST_F(EndpointsTest, HaveNoOptions) {
  const Response options = ask("OPTIONS", "*");
  EXPECT_EQ(options.status, 200);
  EXPECT_EQ(options.content_type + options.body, "");
  EXPECT_FALSE(options.is_last);
  EXPECT_EQ(get("*").status, 400);
  EXPECT_TRUE(get("*").is_last);
}

TEST_F(EndpointsTest, CountRequests) {  // monitoring §1.2
  for (const char* target :
       {"/", "/varz", "/connz", "/connz?limit=x", "/connz?sort=foo", "/subsz", "/subsz?limit=x",
        "/subscriptionsz", "/healthz", "/healthz?details=x", "/slowz", "/metrics", "/nope",
        "/routez", "/routez?subs=x", "/leafz?subs=x", "/raftz", "/ipqueuesz"}) {
    get(target);
  }
  EXPECT_EQ(endpoints.requests(), (std::map<std::string, std::uint64_t>{{"/", 1},
                                                                        {"/varz", 1},
                                                                        {"/connz", 2},
                                                                        {"/subsz", 3},
                                                                        {"/healthz", 2},
                                                                        {"/routez", 1},
                                                                        {"/leafz", 1}}));
  EXPECT_NE(get("/varz").body.find("\"/connz\": 2,"), std::string::npos);
}

TEST(EndpointsBase, IsCleanedAndExact) {  // monitoring §1.2, items 3 and 4
  for (const char* base : {"/nats", "nats/", "//nats/./"}) {
    FakeSource source;
    Endpoints endpoints(source, {.base_path = base, .version = "v"});
    const auto status = [&](std::string_view target) {
      int answer = 0;
      endpoints.serve("GET", {std::string(target), ""},
                      [&](const Response& response) { answer = response.status; });
      return answer;
    };
    EXPECT_EQ(status("/nats"), 200);
    EXPECT_EQ(status("/nats/varz"), 200);
    EXPECT_EQ(status("/nats/"), 404);
    EXPECT_EQ(status("/varz"), 404);
    EXPECT_EQ(status("/"), 404);
  }
}

TEST_F(EndpointsTest, HaveARootPage) {  // monitoring §1.5
  const Response response = get("/");
  EXPECT_EQ(response.content_type, "text/html; charset=utf-8");
  EXPECT_TRUE(std::all_of(response.body.begin(), response.body.end(),
                          [](char c) { return static_cast<unsigned char>(c) < 0x80; }));
  for (const char* part : {"v2.15.2", "href=\"./varz\"", "href=\"./healthz\"", "Connections"}) {
    EXPECT_NE(response.body.find(part), std::string::npos) << part;
  }
}

TEST_F(EndpointsTest, PageSubscriptions) {  // monitoring §7.1
  source.subsz_answer.subscriptions_list->resize(3);
  EXPECT_NE(get("/subsz").body.find("\"total\": 0,"), std::string::npos);
  EXPECT_EQ(get("/subsz").body.find("subscriptions_list"), std::string::npos);

  Subsz page;
  ASSERT_TRUE(json::read(get("/subsz?subs=1&offset=1&limit=1").body, page));
  EXPECT_EQ(page.total, 3);
  EXPECT_EQ(page.offset, 1);
  EXPECT_EQ(page.limit, 1);
  EXPECT_EQ(page.subscriptions_list->size(), 1U);
}

TEST_F(EndpointsTest, TellHealth) {  // monitoring §11.2, §11.3
  EXPECT_EQ(get("/healthz").body, R"({"status":"ok"})");

  source.health = {
      500,
      {{.type = "CONNECTION", .account = {}, .stream = {}, .consumer = {}, .error = {"failed"}}}};
  EXPECT_EQ(get("/healthz").status, 500);
  EXPECT_EQ(get("/healthz").body, R"({"status":"error","error":"failed"})");
  EXPECT_EQ(get("/healthz?details=1").body,
            R"({"status":"error","errors":[{"type":"CONNECTION","error":"failed"}]})");

  source.health.code = 503;
  EXPECT_EQ(get("/healthz").body, R"({"status":"unavailable","error":"failed"})");

  EXPECT_EQ(get("/healthz?stream=x").status, 400);
  EXPECT_EQ(
      get("/healthz?stream=x").body,
      R"({"status":"error","error":"\"account\" must not be empty when checking stream health"})");
  EXPECT_EQ(get("/healthz?consumer=x&details=1").body,
            R"({"status":"error","errors":[{"type":"BAD_REQUEST",)"
            R"("error":"\"stream\" must not be empty when checking consumer health"}]})");
}

TEST_F(EndpointsTest, DescribeAnAccount) {  // monitoring §8
  AccountFacts system;
  system.name = "$SYS";
  system.is_system = true;
  AccountFacts global;
  global.name = "$G";
  global.clients = 2;
  global.sublist.num_subscriptions = 7;
  source.account_list.system_account = "$SYS";
  source.account_list.accounts = {system, global};

  Accountz all;
  ASSERT_TRUE(json::read(get("/accountz").body, all));
  EXPECT_EQ(*all.accounts, (std::vector<std::string>{"$SYS", "$G"}));
  EXPECT_FALSE(all.account_detail->has_value());

  Accountz one;
  ASSERT_TRUE(json::read(get("/accountz?acc=$G").body, one));
  EXPECT_TRUE(one.accounts->empty());
  ASSERT_TRUE(one.account_detail->has_value());
  const AccountDetail& detail = **one.account_detail;
  EXPECT_EQ(detail.client_connections, 2);
  EXPECT_EQ(detail.subscriptions, 7U);
  EXPECT_FALSE(*detail.is_system);
  EXPECT_NE(get("/accountz?acc=$SYS").body.find("\"is_system\": true"), std::string::npos);

  source.account_list.system_account.clear();
  EXPECT_EQ(get("/accountz").body.find("system_account"), std::string::npos);
}

TEST_F(EndpointsTest, ListUnusedAccountsOnDemand) {  // monitoring §9
  source.account_list.accounts.resize(2);
  source.account_list.accounts[0].name = "idle";
  source.account_list.accounts[1].name = "busy";
  source.account_list.accounts[1].clients = 1;

  Accstatz used;
  ASSERT_TRUE(json::read(get("/accstatz").body, used));
  ASSERT_EQ(used.account_statz.size(), 1U);
  EXPECT_EQ(used.account_statz[0].acc, "busy");
  EXPECT_EQ(used.account_statz[0].total_conns, 1);

  Accstatz all;
  ASSERT_TRUE(json::read(get("/accstatz?unused=1").body, all));
  EXPECT_EQ(all.account_statz.size(), 2U);
}

TEST_F(EndpointsTest, ShowQueuesThatHoldSomething) {  // monitoring §12
  source.queues = {{"a recvQ", {3}}, {"b recvQ", {0}}, {"b sendQ", {1}}};
  EXPECT_EQ(get("/ipqueuesz?queues=recv").body,
            "{\n   \"a recvQ\": {\n      \"pending\": 3\n   }\n}");
  EXPECT_EQ(get("/ipqueuesz?queues=recv&all=1").body,
            "{\n   \"a recvQ\": {\n      \"pending\": 3\n   },\n"
            "   \"b recvQ\": {\n      \"pending\": 0\n   }\n}");
  EXPECT_EQ(get("/ipqueuesz?queues=x").body, "{}");
}

TEST_F(EndpointsTest, NameTheWorstReceivers) {
  for (std::uint64_t cid = 1; cid <= 30; ++cid) {
    SlowReceiver receiver;
    receiver.cid = cid;
    receiver.max_pending = cid == 7 ? 10 : 1000;
    receiver.pending_bytes_high = static_cast<std::int64_t>(cid);
    receiver.cuts = cid == 3 ? 1 : 0;
    source.slowz_answer.receivers.push_back(receiver);
  }
  Slowz slowz;
  ASSERT_TRUE(json::read(get("/slowz?limit=3").body, slowz));
  ASSERT_EQ(slowz.receivers.size(), 3U);
  EXPECT_EQ(slowz.total, 30);
  EXPECT_EQ(slowz.receivers[0].cid, 3U);  // was cut
  EXPECT_EQ(slowz.receivers[1].cid, 7U);  // 70 % of what it may hold
  EXPECT_EQ(slowz.receivers[2].cid, 30U);

  ASSERT_TRUE(json::read(get("/slowz").body, slowz));
  EXPECT_EQ(slowz.receivers.size(), 20U);
}

TEST_F(EndpointsTest, ExposeMetricsUnderTheExportersNames) {  // monitoring §21
  source.varz_answer.connections = 2;
  source.varz_answer.cpu = 12.5;
  source.varz_answer.start = at(1000);
  source.varz_answer.version = "a\"b\\c\n";
  source.varz_answer.jetstream.config = VarzJetStreamConfig{};
  source.varz_answer.cluster.pool_size = 3;
  source.varz_answer.cluster.cluster_port = 6222;
  source.varz_answer.leaf.port = 7422;
  source.varz_answer.gannet_version = "0.2.0";
  source.varz_answer.gannet_max_memory_bytes = 64;
  source.varz_answer.gannet_memory_cuts_total = 5;
  source.varz_answer.gannet_shard_load = {0.5, 0};
  source.subsz_answer.num_subscriptions = 4;
  source.connections.connections.resize(2);
  source.connections.connections[0].in_bytes = 5;
  source.connections.connections[1].in_bytes = 6;
  source.slowz_answer.receivers.resize(1);
  get("/varz");

  const Response response = get("/metrics");
  EXPECT_TRUE(response.content_type.starts_with("text/plain; version=0.0.4"));
  for (const char* line : {
           "# HELP gnatsd_varz_connections connections of /varz\n"
           "# TYPE gnatsd_varz_connections gauge\ngnatsd_varz_connections{server_id=\"harbour\"} "
           "2\n",
           "# TYPE gnatsd_varz_in_msgs counter\n",
           "# TYPE gnatsd_varz_http_req_stats_varz counter\n",
           "# HELP gannet_slow_receiver_cuts slow receiver cuts\n"
           "# TYPE gannet_slow_receiver_cuts counter\n",
           "# TYPE gannet_slow_receiver_max_pending gauge\n",
           "gannet_max_memory_bytes{server_id=\"harbour\"} 64\n",
           "# TYPE gannet_memory_cuts_total "
           "counter\ngannet_memory_cuts_total{server_id=\"harbour\"} 5\n",
           "gannet_build_info{server_id=\"harbour\",version=\"0.2.0\",revision=\"\","
           "nats_server_version=\"a\\\"b\\\\c\\n\"} 1\n",
           "gannet_shard_load{server_id=\"harbour\",shard=\"0\"} 0.5\n"
           "gannet_shard_load{server_id=\"harbour\",shard=\"1\"} 0\n",
           "gnatsd_varz_cpu{server_id=\"harbour\"} 12.5\n",
           "gnatsd_varz_start{server_id=\"harbour\"} 1000000\n",
           "gnatsd_varz_version{server_id=\"harbour\",value=\"a\\\"b\\\\c\\n\"} 1\n",
           "gnatsd_varz_http_req_stats_varz{server_id=\"harbour\"} 1\n",
           "gnatsd_varz_slow_consumer_stats_clients{server_id=\"harbour\"} 0\n",
           "gnatsd_varz_jetstream_config_max_memory{server_id=\"harbour\"} 0\n",
           "gnatsd_varz_cluster_pool_size{server_id=\"harbour\"} 3\n",
           "gnatsd_subsz_num_subscriptions{server_id=\"harbour\"} 4\n",
           "gnatsd_subsz_cache_hit_rate{server_id=\"harbour\"} 0\n",
           "gnatsd_connz_num_connections{server_id=\"harbour\"} 2\n",
           "gnatsd_connz_in_bytes{server_id=\"harbour\"} 11\n",
           "gnatsd_healthz_status{server_id=\"harbour\"} 0\n",
           "gnatsd_healthz_status_value{server_id=\"harbour\",value=\"ok\"} 1\n",
           "gannet_slow_receivers{server_id=\"harbour\"} 1\n",
           "gannet_slow_receiver_cuts{server_id=\"harbour\",cid=\"0\",name=\"\",account=\"\"} 0\n",
       }) {
    EXPECT_NE(response.body.find(line), std::string::npos) << line;
  }
  for (const char* skipped :
       {"gnatsd_varz_cluster_cluster_port", "gnatsd_varz_leaf_port", "gnatsd_varz_gannet",
        "gannet_version", "gnatsd_varz_now", "gnatsd_varz_host"}) {
    EXPECT_EQ(response.body.find(skipped), std::string::npos) << skipped;
  }
}

TEST_F(EndpointsTest, WaitForASourceThatAnswersLater) {
  source.is_slow = true;
  std::string body;
  endpoints.serve("GET", {"/metrics", ""},
                  [&](Response response) { body = std::move(response.body); });
  for (int step = 0; step < 5; ++step) {
    EXPECT_EQ(body, "");
    ASSERT_EQ(source.waiting.size(), 1U) << step;
    source.release();
  }
  EXPECT_NE(body.find("gnatsd_healthz_status"), std::string::npos);
}

}  // namespace
}  // namespace gannet::monitor
