#include "monitor/pages/varz.h"

#include "base/json.h"

#include <gtest/gtest.h>

namespace gannet::monitor {
namespace {

TEST(Varz, OfAPlainServerHasTheMembersOfTheReference) {  // monitoring §2, read off 2.15.2
  Varz varz;
  varz.feature_flags = std::map<std::string, bool>{{"js_snapshot_sources", false}};
  varz.system_account = "$SYS";
  varz.http_req_stats = {{"/varz", 1}};

  EXPECT_EQ(
      json::write(varz),
      R"({"server_id":"","server_name":"","version":"","proto":1,"go":"","host":"","port":0,)"
      R"("max_connections":0,"ping_interval":0,"ping_max":0,"http_host":"","http_port":0,)"
      R"("http_base_path":"","https_port":0,"auth_timeout":0,"max_control_line":0,"max_payload":0,)"
      R"("max_pending":0,"cluster":{},"gateway":{},"leaf":{},"mqtt":{},"websocket":{},)"
      R"("jetstream":{},"tls_timeout":0,"write_deadline":0,"start":"0001-01-01T00:00:00Z",)"
      R"("now":"0001-01-01T00:00:00Z","uptime":"","mem":0,"cores":0,"gomaxprocs":0,"cpu":0,)"
      R"("connections":0,"total_connections":0,"routes":0,"remotes":0,"leafnodes":0,"in_msgs":0,)"
      R"("in_bytes":0,"in_client_msgs":0,"in_client_bytes":0,"out_msgs":0,"out_bytes":0,)"
      R"("out_client_msgs":0,"out_client_bytes":0,"slow_consumers":0,"stale_connections":0,)"
      R"("stalled_clients":0,"subscriptions":0,"http_req_stats":{"/varz":1},)"
      R"("config_load_time":"0001-01-01T00:00:00Z","config_digest":"",)"
      R"("feature_flags":{"js_snapshot_sources":false},"system_account":"$SYS",)"
      R"("slow_consumer_stats":{"clients":0,"routes":0,"gateways":0,"leafs":0},)"
      R"("stale_connection_stats":{"clients":0,"routes":0,"gateways":0,"leafs":0},)"
      R"("disk_io_wait_stats":{"waiters":0,"waits":0,"wait_time":0,"max_wait_time":0},)"
      R"("gannet_version":"","gannet_max_memory_bytes":0,"gannet_memory_used_bytes":0,)"
      R"("gannet_memory_cuts_total":0,"gannet_shard_load":[],)"
      R"("gannet_log_lines_dropped_total":0})");
}

TEST(Varz, DescribesEveryMember) {
  // A member that is not described would read back differently.
  const std::string all =
      R"({"server_id":"a","git_commit":"b","auth_required":true,"max_subscriptions":1,)"
      R"("cluster":{"name":"c","tls_cert_not_after":"2026-01-02T03:04:05Z"},)"
      R"("gateway":{"gateways":[{"name":"g","urls":["u"]}]},)"
      R"("leaf":{"remotes":[{"local_account":"A","deny":{"exports":["x"]}}]},)"
      R"("mqtt":{"max_ack_pending":5},"websocket":{"no_tls":true},)"
      R"("jetstream":{"config":{"max_memory":1},"stats":{"api":{"inflight":2}},)"
      R"("limits":{"default_max_consumers":1000}},"gomemlimit":7,"tags":["t"],)"
      R"("ocsp_peer_cache":{"cache_type":"local"},"proxies":{"trusted":[{"key":"k"}]},)"
      R"("gannet_git_commit":"c","gannet_shard_load":[0.5]})";
  Varz varz;
  ASSERT_TRUE(json::read(all, varz, {.unknown_keys = json::UnknownKeys::refused}));
  const std::string written = json::write(varz);
  for (const char* part :
       {R"("cluster":{"name":"c","tls_cert_not_after":"2026-01-02T03:04:05Z"})",
        R"("gateways":[{"name":"g","urls":["u"]}])", R"("deny":{"exports":["x"]})",
        R"("api":{"level":0,"total":0,"errors":0,"inflight":2})", R"("gomemlimit":7)",
        R"("proxies":{"trusted":[{"key":"k"}]})", R"("gannet_git_commit":"c")",
        R"("gannet_shard_load":[0.5])"}) {
    EXPECT_NE(written.find(part), std::string::npos) << part;
  }
}

}  // namespace
}  // namespace gannet::monitor
