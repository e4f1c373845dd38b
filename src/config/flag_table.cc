#include "config/flag_table.h"

#include <array>

namespace gannet::config {
namespace {

template <auto Member>
void setText(Options& options, std::string_view text, std::int64_t /*number*/) {
  options.*Member = std::string(text);
}

template <auto Member>
void setNumber(Options& options, std::string_view /*text*/, std::int64_t number) {
  options.*Member = number;
}

template <auto Member>
void setBool(Options& options, std::string_view /*text*/, std::int64_t number) {
  options.*Member = number != 0;
}

void setTraceVerbose(Options& options, std::string_view /*text*/, std::int64_t number) {
  options.trace = options.trace_verbose = number != 0;
}

void setDebugTrace(Options& options, std::string_view /*text*/, std::int64_t number) {
  options.debug = options.trace = number != 0;
}

void setDebugTraceVerbose(Options& options, std::string_view text, std::int64_t number) {
  setDebugTrace(options, text, number);
  setTraceVerbose(options, text, number);
}

void setUser(Options& options, std::string_view text, std::int64_t /*number*/) {
  options.authorization.user = std::string(text);
}

void setPassword(Options& options, std::string_view text, std::int64_t /*number*/) {
  options.authorization.password = std::string(text);
}

void setToken(Options& options, std::string_view text, std::int64_t /*number*/) {
  options.authorization.token = std::string(text);
}

constexpr auto text = FlagKind::text;
constexpr auto integer = FlagKind::integer;
constexpr auto boolean = FlagKind::boolean;

constexpr auto kFlags = std::to_array<FlagRow>({
    {"a", text, &setText<&Options::host>},
    {"addr", text, &setText<&Options::host>},
    {"net", text, &setText<&Options::host>},
    {"p", integer, &setNumber<&Options::port>},
    {"port", integer, &setNumber<&Options::port>},
    {"n", text, &setText<&Options::server_name>},
    {"name", text, &setText<&Options::server_name>},
    {"server_name", text, &setText<&Options::server_name>},
    {"P", text, &setText<&Options::pid_file>},
    {"pid", text, &setText<&Options::pid_file>},
    {"m", integer, &setNumber<&Options::http_port>},
    {"http_port", integer, &setNumber<&Options::http_port>},
    {"ms", integer, &setNumber<&Options::https_port>},
    {"https_port", integer, &setNumber<&Options::https_port>},
    {"c", text},
    {"config", text},
    {"t", boolean},
    {"sl", text},
    {"signal", text},
    {"client_advertise", text, &setText<&Options::client_advertise>},
    {"ports_file_dir", text, &setText<&Options::ports_file_dir>},
    {"shards", integer, &setNumber<&Options::shards>},
    {"l", text, &setText<&Options::log_file>},
    {"log", text, &setText<&Options::log_file>},
    {"T", boolean, &setBool<&Options::logtime>},
    {"logtime", boolean, &setBool<&Options::logtime>},
    {"logtime_utc", boolean, &setBool<&Options::logtime_utc>},
    {"s", boolean, &setBool<&Options::syslog>},
    {"syslog", boolean, &setBool<&Options::syslog>},
    {"r", text, &setText<&Options::remote_syslog>},
    {"remote_syslog", text, &setText<&Options::remote_syslog>},
    {"D", boolean, &setBool<&Options::debug>},
    {"debug", boolean, &setBool<&Options::debug>},
    {"V", boolean, &setBool<&Options::trace>},
    {"trace", boolean, &setBool<&Options::trace>},
    {"VV", boolean, &setTraceVerbose},
    {"DV", boolean, &setDebugTrace},
    {"DVV", boolean, &setDebugTraceVerbose},
    {"log_size_limit", integer, &setNumber<&Options::log_size_limit>},
    {"max_traced_msg_len", integer, &setNumber<&Options::max_traced_msg_len>},
    {"js", boolean, nullptr, Part::jetstream, true},
    {"jetstream", boolean, nullptr, Part::jetstream, true},
    {"sd", text, &setText<&Options::store_dir>},
    {"store_dir", text, &setText<&Options::store_dir>},
    {"user", text, &setUser},
    {"pass", text, &setPassword},
    {"auth", text, &setToken},
    {"tls", boolean},
    {"tlscert", text},
    {"tlskey", text},
    {"tlscacert", text},
    {"tlsverify", boolean},
    {"routes", text, nullptr, Part::clusters},
    {"cluster", text, nullptr, Part::clusters, true},
    {"cluster_listen", text, nullptr, Part::clusters, true},
    {"cluster_name", text, &setText<&Options::cluster_name>},
    {"cluster_advertise", text},
    {"no_advertise", boolean},
    {"connect_retries", integer},
    {"profile", integer, nullptr, Part::profiling, true},
    {"h", boolean},
    {"help", boolean},
    {"v", boolean},
    {"version", boolean},
    {"help_tls", boolean},
});

}  // namespace

std::span<const FlagRow> flagTable() {
  return kFlags;
}

std::string typedName(const FlagRow& row) {
  constexpr std::size_t kShort = 3;  // -js, -DVV
  return std::string(row.name.size() <= kShort ? "-" : "--") + std::string(row.name);
}

const FlagRow* findFlag(std::string_view name) {
  for (const FlagRow& row : kFlags) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

}  // namespace gannet::config
