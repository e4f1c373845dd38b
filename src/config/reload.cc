#include "config/reload.h"

#include "config/language/go_duration.h"
#include "config/option_table.h"

#include <fmt/format.h>

namespace gannet::config {
namespace {

// Lines that are not "name = value". Spec: config-and-cli §8.4
std::string reloadLine(const OptionRow& row, const Options& after) {
  if (row.name() == "client_advertise") {
    return fmt::format("Reload: client_advertise = {}", after.client_advertise);
  }
  if (row.name() == "no_fast_producer_stall") {
    return fmt::format("Reloaded: fast producers will {}be stalled",
                       after.no_fast_producer_stall ? "not " : "");
  }
  return fmt::format("Reloaded: {} = {}", row.name(), row.show(after));
}

void planAuthorization(const Authorization& before, const Authorization& after, ReloadPlan& plan) {
  const auto note = [&plan](bool differs, std::string line) {
    if (!differs) return;
    plan.lines.push_back("Reloaded: authorization " + std::move(line));
  };
  note(before.user != after.user, "username");
  note(before.password != after.password, "password");
  note(before.token != after.token, "token");
  note(before.timeout != after.timeout, fmt::format("timeout = {}", after.timeout));
}

void planTls(const TlsOptions& before, const TlsOptions& after, ReloadPlan& plan) {
  // What has lines of its own does not count here.
  TlsOptions rest = after;
  rest.timeout = before.timeout;
  rest.pinned_certs = before.pinned_certs;
  rest.handshake_first = before.handshake_first;
  rest.handshake_first_fallback = before.handshake_first_fallback;
  if (rest != before) {
    plan.lines.push_back(fmt::format("Reloaded: tls = {}", after.is_on ? "enabled" : "disabled"));
  }
  if (before.timeout != after.timeout) {
    plan.lines.push_back(fmt::format("Reloaded: tls timeout = {}", after.timeout));
  }
  if (before.pinned_certs != after.pinned_certs) {
    plan.lines.push_back(fmt::format("Reloaded: {} pinned_certs", after.pinned_certs.size()));
    plan.changes_pinned_certs = true;
  }
  if (before.handshake_first != after.handshake_first) {
    plan.lines.push_back(
        fmt::format("Reloaded: Client TLS handshake first: {}", after.handshake_first));
  }
  if (before.handshake_first_fallback != after.handshake_first_fallback) {
    plan.lines.push_back(fmt::format("Reloaded: Client TLS handshake first fallback delay: {}",
                                     formatDuration(after.handshake_first_fallback)));
  }
}

}  // namespace

Result<ReloadPlan, Error> planReload(const Options& before, const Options& after) {
  const auto refuse = [](std::string_view field, std::string_view from, std::string_view to) {
    return Error{
        fmt::format("config reload not supported for {}: old={}, new={}", field, from, to)};
  };
  ReloadPlan plan;
  for (const OptionRow& row : optionTable()) {
    if (row.differs == nullptr || !row.differs(before, after)) continue;
    if (row.reload == Reload::refused) {
      return refuse(row.field, row.show(before), row.show(after));
    }
    plan.lines.push_back(reloadLine(row, after));
    plan.changes_logging = plan.changes_logging || row.reload == Reload::reopens_log;
  }
  if (before.http_host != after.http_host) {
    return refuse("HTTPHost", before.http_host, after.http_host);
  }
  if (before.tls.connection_rate_limit != after.tls.connection_rate_limit) {
    return refuse("TLSRateLimit", std::to_string(before.tls.connection_rate_limit),
                  std::to_string(after.tls.connection_rate_limit));
  }
  if (before.server_tags != after.server_tags) plan.lines.emplace_back("Reloaded: tags");
  if (before.server_metadata != after.server_metadata) {
    plan.lines.emplace_back("Reloaded: metadata");
  }
  if (before.cluster_name != after.cluster_name) {
    if (!after.cluster_name.empty()) {
      plan.lines.push_back(fmt::format("Cluster name updated to {}", after.cluster_name));
    }
    plan.lines.emplace_back("Reloaded: cluster");
  }
  if (before.ocsp != after.ocsp) plan.lines.emplace_back("Reloaded: OCSP");
  if (before.ocsp_cache != after.ocsp_cache) plan.lines.emplace_back("Reloaded OCSP peer cache");
  planAuthorization(before.authorization, after.authorization, plan);
  planTls(before.tls, after.tls, plan);
  // What they hold is compared nowhere: as in the reference, they count as new each time.
  plan.lines.emplace_back("Reloaded: authorization users");
  plan.lines.emplace_back("Reloaded: accounts");
  return plan;
}

}  // namespace gannet::config
