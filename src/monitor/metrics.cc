#include "monitor/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace gannet::monitor {
namespace {

bool contains(const std::string_view* first, const std::string_view* last, std::string_view what) {
  return std::find(first, last, what) != last;
}

// gnatsd_varz_in_msgs is "in_msgs of /varz": what it means stands in the endpoint's documentation,
// once. Of what is no endpoint's, the name says it: "slow receiver stalls".
std::string explain(std::string_view name) {
  constexpr std::string_view kExporter = "gnatsd_";
  if (name.starts_with(kExporter)) {
    name.remove_prefix(kExporter.size());
    const std::size_t end = std::min(name.find('_'), name.size());
    return fmt::format("{} of /{}", name.substr(std::min(end + 1, name.size())),
                       name.substr(0, end));
  }
  std::string words(name.substr(std::min(name.find('_') + 1, name.size())));
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

}  // namespace

Metrics::Metrics(std::string_view server) : server_id_(label("server_id", server)) {}

std::string Metrics::label(std::string_view name, std::string_view value) {
  std::string out = fmt::format("{}=\"", name);
  for (const char c : value) {
    if (c == '\\' || c == '"') out.push_back('\\');
    if (c == '\n') {
      out += "\\n";
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
  return out;
}

void Metrics::gauge(std::string_view name, double value, std::string_view labels) {
  sample("gauge", name, value, labels);
}

void Metrics::counter(std::string_view name, double value, std::string_view labels) {
  sample("counter", name, value, labels);
}

void Metrics::number(std::string_view path, double value) {
  if (isCounter(path)) {
    counter(path, value);
  } else {
    gauge(path, value);
  }
}

bool Metrics::isCounter(std::string_view path) {
  constexpr std::string_view kCounters[] = {
      "gannet_log_lines_dropped_total",
      "gannet_memory_cuts_total",
      "gnatsd_subsz_num_inserts",
      "gnatsd_subsz_num_matches",
      "gnatsd_subsz_num_removes",
      "gnatsd_varz_disk_io_wait_stats_wait_time",
      "gnatsd_varz_disk_io_wait_stats_waits",
      "gnatsd_varz_in_bytes",
      "gnatsd_varz_in_client_bytes",
      "gnatsd_varz_in_client_msgs",
      "gnatsd_varz_in_msgs",
      "gnatsd_varz_jetstream_stats_api_errors",
      "gnatsd_varz_jetstream_stats_api_total",
      "gnatsd_varz_ocsp_peer_cache_cache_hits",
      "gnatsd_varz_ocsp_peer_cache_cache_misses",
      "gnatsd_varz_out_bytes",
      "gnatsd_varz_out_client_bytes",
      "gnatsd_varz_out_client_msgs",
      "gnatsd_varz_out_msgs",
      "gnatsd_varz_pinned_account_fails",
      "gnatsd_varz_slow_consumers",
      "gnatsd_varz_stale_connections",
      "gnatsd_varz_stalled_clients",
      "gnatsd_varz_total_connections",
  };
  constexpr std::string_view kCounterMaps[] = {
      "gnatsd_varz_http_req_stats_",
      "gnatsd_varz_slow_consumer_stats_",
      "gnatsd_varz_stale_connection_stats_",
  };
  return contains(std::begin(kCounters), std::end(kCounters), path) ||
         std::any_of(std::begin(kCounterMaps), std::end(kCounterMaps),
                     [&](std::string_view map) { return path.starts_with(map); });
}

void Metrics::sample(std::string_view type, std::string_view name, double value,
                     std::string_view labels) {
  // Samples of one name stand together, so they are announced once.
  if (name != last_name_) {
    fmt::format_to(std::back_inserter(out_), "# HELP {0} {1}\n# TYPE {0} {2}\n", name,
                   explain(name), type);
  }
  last_name_ = name;
  fmt::format_to(std::back_inserter(out_), "{}{{{}{}{}}} ", name, server_id_,
                 labels.empty() ? "" : ",", labels);
  json::writeTo(out_, value);
  out_.push_back('\n');
}

bool Metrics::isSkipped(std::string_view path) {
  constexpr std::string_view kSkipped[] = {
      "gnatsd_varz_leaf",
      "gnatsd_varz_cluster_tls_timeout",
      "gnatsd_varz_cluster_cluster_port",
      "gnatsd_varz_cluster_auth_timeout",
      "gnatsd_varz_gateway_port",
      "gnatsd_varz_gateway_auth_timeout",
      "gnatsd_varz_gateway_tls_timeout",
      "gnatsd_varz_gateway_connect_retries",
  };
  return contains(std::begin(kSkipped), std::end(kSkipped), path);
}

std::string Metrics::mapKey(std::string_view key) {
  if (key == "/") return "_root";
  std::string name = key.starts_with('/') ? "" : "_";
  for (const char c : key) {
    const bool is_plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    name.push_back(is_plain ? c : '_');
  }
  return name;
}

void Metrics::text(std::string_view path, std::string_view name, const std::string& value) {
  constexpr std::string_view kShown[] = {"server_id", "server_name", "version",
                                         "domain",    "leader",      "name"};
  if (contains(std::begin(kShown), std::end(kShown), name)) gauge(path, 1, label("value", value));
}

void Metrics::time(std::string_view path, std::string_view name, WallTime value) {
  constexpr std::string_view kShown[] = {"start", "config_load_time"};
  if (!contains(std::begin(kShown), std::end(kShown), name)) return;
  using std::chrono::milliseconds;
  gauge(path, static_cast<double>(
                  std::chrono::duration_cast<milliseconds>(value.time_since_epoch()).count()));
}

}  // namespace gannet::monitor
