#include "config/reload.h"

#include "config/option_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gannet::config {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;

constexpr std::string_view kUsers = "Reloaded: authorization users";
constexpr std::string_view kAccounts = "Reloaded: accounts";

struct Row {
  std::string_view outcome;  // the line, or what the refusal says
  void (*change)(Options& options);
};

Result<ReloadPlan, Error> planOf(void (*change)(Options& options)) {
  Options before;
  fillDefaults(before);
  Options after = before;
  change(after);
  return planReload(before, after);
}

TEST(Reload, SaysWhatItSaysEachTimeWhenNothingChanged) {  // config-and-cli §8.4
  const auto plan = planOf([](Options& /*options*/) {});

  ASSERT_TRUE(plan.has_value());
  EXPECT_THAT(plan->lines, ElementsAre(kUsers, kAccounts));
  EXPECT_FALSE(plan->changes_logging);
  EXPECT_FALSE(plan->changes_pinned_certs);
}

TEST(Reload, RefusesWhatARunningServerCannotChange) {  // config-and-cli §8.3
  constexpr Row kRows[] = {
      {"ServerName: old=, new=a", [](Options& o) { o.server_name = "a"; }},
      {"Host: old=0.0.0.0, new=::1", [](Options& o) { o.host = "::1"; }},
      {"Port: old=4222, new=-1", [](Options& o) { o.port = -1; }},
      {"UnixListen: old=, new=/a", [](Options& o) { o.unix_listen = "/a"; }},
      {"UnixMode: old=0660, new=0600", [](Options& o) { o.unix_mode = 0600; }},
      {"Shards: old=0, new=2", [](Options& o) { o.shards = 2; }},
      {"MaxMemory: old=0, new=9", [](Options& o) { o.max_memory = 9; }},
      {"MaxSubs: old=0, new=3", [](Options& o) { o.max_subscriptions = 3; }},
      {"MaxSubTokens: old=0, new=8", [](Options& o) { o.max_sub_tokens = 8; }},
      {"MaxPending: old=67108864, new=1", [](Options& o) { o.max_pending = 1; }},
      {"HTTPHost: old=0.0.0.0, new=a", [](Options& o) { o.http_host = "a"; }},
      {"HTTPPort: old=0, new=8222", [](Options& o) { o.http_port = 8222; }},
      {"HTTPSPort: old=0, new=-1", [](Options& o) { o.https_port = -1; }},
      {"HTTPBasePath: old=, new=/n", [](Options& o) { o.http_base_path = "/n"; }},
      {"LogSizeLimit: old=0, new=5", [](Options& o) { o.log_size_limit = 5; }},
      {"LogMaxFiles: old=0, new=5", [](Options& o) { o.log_max_num = 5; }},
      {"LameDuckDuration: old=2m0s, new=30s",
       [](Options& o) { o.lame_duck_duration = seconds(30); }},
      {"LameDuckGracePeriod: old=10s, new=1s",
       [](Options& o) { o.lame_duck_grace_period = seconds(1); }},
      {"MaxClosedClients: old=10000, new=1", [](Options& o) { o.max_closed_clients = 1; }},
      {"WriteTimeout: old=, new=retry", [](Options& o) { o.write_timeout = WriteTimeout::retry; }},
      {"AllowNonTLS: old=false, new=true", [](Options& o) { o.allow_non_tls = true; }},
      {"NoHeaderSupport: old=false, new=true", [](Options& o) { o.no_header_support = true; }},
      {"ProxyProtocol: old=false, new=true", [](Options& o) { o.proxy_protocol = true; }},
      {"TLSRateLimit: old=0, new=7", [](Options& o) { o.tls.connection_rate_limit = 7; }},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.outcome);
    const auto plan = planOf(row.change);
    ASSERT_FALSE(plan.has_value());
    EXPECT_EQ(plan.error().text, "config reload not supported for " + std::string(row.outcome));
  }
}

TEST(Reload, NamesWhatItApplies) {  // config-and-cli §8.4
  constexpr Row kRows[] = {
      {"Reloaded: debug = true", [](Options& o) { o.debug = true; }},
      {"Reloaded: trace = true", [](Options& o) { o.trace = true; }},
      {"Reloaded: trace_verbose = true", [](Options& o) { o.trace_verbose = true; }},
      {"Reloaded: trace_headers = true", [](Options& o) { o.trace_headers = true; }},
      {"Reloaded: logtime = true", [](Options& o) { o.logtime = true; }},
      {"Reloaded: logtime_utc = true", [](Options& o) { o.logtime_utc = true; }},
      {"Reloaded: log_file = a.log", [](Options& o) { o.log_file = "a.log"; }},
      {"Reloaded: syslog = true", [](Options& o) { o.syslog = true; }},
      {"Reloaded: remote_syslog = udp://a:1", [](Options& o) { o.remote_syslog = "udp://a:1"; }},
      {"Reloaded: max_traced_msg_len = 9", [](Options& o) { o.max_traced_msg_len = 9; }},
      {"Reloaded: pid_file = a.pid", [](Options& o) { o.pid_file = "a.pid"; }},
      {"Reloaded: ports_file_dir = /a", [](Options& o) { o.ports_file_dir = "/a"; }},
      {"Reload: client_advertise = a:1", [](Options& o) { o.client_advertise = "a:1"; }},
      {"Reloaded: max_connections = 3", [](Options& o) { o.max_connections = 3; }},
      {"Reloaded: max_control_line = 512", [](Options& o) { o.max_control_line = 512; }},
      {"Reloaded: max_payload = 1000", [](Options& o) { o.max_payload = 1000; }},
      {"Reloaded: ping_interval = 1m30s", [](Options& o) { o.ping_interval = seconds(90); }},
      {"Reloaded: ping_max = 5", [](Options& o) { o.ping_max = 5; }},
      {"Reloaded: write_deadline = 3s", [](Options& o) { o.write_deadline = seconds(3); }},
      {"Reloaded: fast producers will not be stalled",
       [](Options& o) { o.no_fast_producer_stall = true; }},
      {"Reloaded: tags", [](Options& o) { o.server_tags = {"a"}; }},
      {"Reloaded: metadata",
       [](Options& o) {
         o.server_metadata = {{"a", "b"}};
       }},
      {"Reloaded: authorization username", [](Options& o) { o.authorization.user = "a"; }},
      {"Reloaded: authorization password", [](Options& o) { o.authorization.password = "a"; }},
      {"Reloaded: authorization token", [](Options& o) { o.authorization.token = "a"; }},
      {"Reloaded: authorization timeout = 1.5", [](Options& o) { o.authorization.timeout = 1.5; }},
      {"Reloaded: tls = enabled", [](Options& o) { o.tls.is_on = true; }},
      {"Reloaded: tls = disabled", [](Options& o) { o.tls.roots = {"a"}; }},
      {"Reloaded: tls timeout = 4", [](Options& o) { o.tls.timeout = 4; }},
      {"Reloaded: 2 pinned_certs",
       [](Options& o) {
         o.tls.pinned_certs = {"a", "b"};
       }},
      {"Reloaded: Client TLS handshake first: true",
       [](Options& o) { o.tls.handshake_first = true; }},
      {"Reloaded: Client TLS handshake first fallback delay: 1s",
       [](Options& o) { o.tls.handshake_first_fallback = seconds(1); }},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.outcome);
    const auto plan = planOf(row.change);
    ASSERT_TRUE(plan.has_value()) << plan.error().text;
    EXPECT_THAT(plan->lines, ElementsAre(row.outcome, kUsers, kAccounts));
  }
}

TEST(Reload, SaysWhichPartsOfTheServerItConcerns) {
  struct Part {
    void (*change)(Options& options);
    bool logging, pinned_certs;
  };

  constexpr Part kParts[] = {
      {[](Options& o) { o.debug = true; }, true, false},
      {[](Options& o) { o.log_file = "a.log"; }, true, false},
      {[](Options& o) { o.remote_syslog = "udp://a:1"; }, true, false},
      {[](Options& o) { o.pid_file = "a.pid"; }, false, false},
      {[](Options& o) { o.authorization.token = "a"; }, false, false},
      {[](Options& o) { o.authorization.timeout = 9; }, false, false},
      {[](Options& o) { o.tls.pinned_certs = {"a"}; }, false, true},
      {[](Options& o) { o.tls.timeout = 9; }, false, false},
  };
  for (const Part& part : kParts) {
    const auto plan = planOf(part.change);
    ASSERT_TRUE(plan.has_value());
    SCOPED_TRACE(plan->lines.front());
    EXPECT_EQ(plan->changes_logging, part.logging);
    EXPECT_EQ(plan->changes_pinned_certs, part.pinned_certs);
  }
}

TEST(Reload, AppliesNothingWhenOneChangeIsRefused) {
  const auto plan = planOf([](Options& options) {
    options.debug = true;
    options.port = 1;
    options.max_payload = 9;
  });

  ASSERT_FALSE(plan.has_value());
  EXPECT_EQ(plan.error().text, "config reload not supported for Port: old=4222, new=1");
}

TEST(Reload, KnowsForEveryOptionWhatBecomesOfAChange) {
  for (const OptionRow& row : optionTable()) {
    SCOPED_TRACE(row.name());
    EXPECT_EQ(row.reload == Reload::refused, !row.field.empty());
    if (row.reload == Reload::other) continue;
    EXPECT_NE(row.differs, nullptr);
    EXPECT_NE(row.show, nullptr);
  }
}

}  // namespace
}  // namespace gannet::config
