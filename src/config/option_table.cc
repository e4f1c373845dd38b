#include "config/option_table.h"

#include "base/go_quote.h"
#include "config/blocks/authorization.h"
#include "config/blocks/tls.h"
#include "config/language/go_duration.h"
#include "config/later/accounts.h"
#include "config/later/blocks.h"
#include "config/option_readers.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <unordered_set>

namespace gannet::config {
namespace {

std::string shown(const std::string& value) {
  return value;
}

std::string shown(std::int64_t value) {
  return std::to_string(value);
}

std::string shown(bool value) {
  return value ? "true" : "false";
}

std::string shown(std::chrono::nanoseconds value) {
  return formatDuration(value);
}

std::string shown(WriteTimeout value) {
  return value == WriteTimeout::retry ? "retry" : value == WriteTimeout::close ? "close" : "";
}

// As Go prints a map: map[a:true b:false].
std::string shown(const std::map<std::string, bool>& value) {
  std::string out;
  for (const auto& [name, is_on] : value)
    out += fmt::format("{}{}:{}", out.empty() ? "" : " ", name, is_on);
  return "map[" + out + "]";
}

template <auto Member>
void readMember(const Found& found, Options& out, Findings& findings) {
  read(found, out.*Member, findings);
}

template <auto Member>
void readSizeMember(const Found& found, Options& out, Findings& findings) {
  readSize(found, out.*Member, findings);
}

struct Naming {
  std::string_view names;
  std::string_view field{};  // empty: the reload applies it
};

// A row for one member of Options.
template <auto Member>
constexpr OptionRow row(Naming naming, std::string_view doc,
                        decltype(OptionRow::apply) apply = &readMember<Member>) {
  return {.names = naming.names,
          .doc = doc,
          .apply = apply,
          .reload = naming.field.empty() ? Reload::applied : Reload::refused,
          .field = naming.field,
          .differs = [](const Options& a, const Options& b) { return a.*Member != b.*Member; },
          .show = [](const Options& options) { return shown(options.*Member); }};
}

// A row that says where the log goes, or what it says.
constexpr OptionRow ofLog(OptionRow row) {
  row.reload = Reload::reopens_log;
  return row;
}

// A row whose value is a file mode.
constexpr OptionRow inOctal(OptionRow row) {
  row.show = [](const Options& options) { return fmt::format("{:04o}", options.unix_mode); };
  return row;
}

void readListenOption(const Found& found, Options& out, Findings& findings) {
  const auto* text = found.value().as<std::string>();
  constexpr std::string_view kUnix = "unix:";
  if (text != nullptr && text->starts_with(kUnix)) {
    out.unix_listen = text->substr(kUnix.size());
    if (out.unix_listen.empty()) {
      findings.error(found.at(), fmt::format("could not parse address string {}", goQuote(*text)));
    }
    return;
  }
  if (const auto listen = readListen(found, findings)) {
    out.host = listen->host;
    out.port = listen->port;
  }
}

void readUnixMode(const Found& found, Options& out, Findings& findings) {
  const auto* text = expect<std::string>(found.value(), found.at(), findings);
  if (text == nullptr) return;
  constexpr std::size_t kMaxDigits = 4;
  constexpr std::int64_t kMaxMode = 0777;
  std::int64_t mode = -1;
  const char* const end = text->data() + text->size();
  const auto read = std::from_chars(text->data(), end, mode, 8);
  const bool is_number = read.ec == std::errc() && read.ptr == end && text->size() <= kMaxDigits;
  if (is_number && mode >= 0 && mode <= kMaxMode) {
    out.unix_mode = mode;
  } else {
    findings.error(found.at(),
                   fmt::format("unix_mode {} is not a file mode such as \"0660\"", goQuote(*text)));
  }
}

void readServerName(const Found& found, Options& out, Findings& findings) {
  const auto* name = expect<std::string>(found.value(), found.at(), findings);
  if (name == nullptr) return;
  if (name->find(' ') != std::string::npos) {
    findings.error(found.at(), "server name cannot contain spaces");
    return;
  }
  out.server_name = *name;
}

std::string tagOf(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  while (!text.empty() && is_blank(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back()))
    text.remove_suffix(1);
  return lowerCased(text);
}

void readServerTags(const Found& found, Options& out, Findings& findings) {
  std::vector<std::string> tags;
  std::unordered_set<std::string> seen;
  const auto add = [&](std::string_view text) {
    std::string tag = tagOf(text);
    if (seen.insert(tag).second) tags.push_back(std::move(tag));
  };
  if (const auto* text = found.value().as<std::string>()) {
    add(*text);
  } else if (const auto* array = found.value().as<Array>()) {
    for (const Value& element : *array) {
      const auto* tag = element.as<std::string>();
      if (tag == nullptr || element.at.line == 0) {
        findings.error(
            found.at(),
            fmt::format("error parsing tags: unsupported type {}",
                        tag == nullptr ? "*conf.token where string is expected" : "string"));
        return;
      }
      add(*tag);
    }
  } else {
    findings.error(found.at(),
                   fmt::format("error parsing tags: unsupported type {}", typeName(found.value())));
    return;
  }
  out.server_tags = std::move(tags);
}

void readServerMetadata(const Found& found, Options& out, Findings& findings) {
  const auto* map = found.value().as<Map>();
  if (map == nullptr) {
    findings.error(found.at(), fmt::format("error parsing metadata: unsupported type {}",
                                           typeName(found.value())));
    return;
  }
  std::map<std::string, std::string> metadata;
  for (const Found& field : inFileOrder(*map)) {
    const auto* text = expect<std::string>(field.value(), field.at(), findings);
    if (text == nullptr) return;
    metadata.emplace(field.name, *text);
  }
  out.server_metadata = std::move(metadata);
}

void readTraceVerbose(const Found& found, Options& out, Findings& findings) {
  read(found, out.trace_verbose, findings);
  out.trace = out.trace_verbose;
}

void readTraceHeaders(const Found& found, Options& out, Findings& findings) {
  read(found, out.trace_headers, findings);
  out.trace = out.trace_headers;
}

// Zero in a file means none; nothing in the file means the default.
void readMaxConnections(const Found& found, Options& out, Findings& findings) {
  read(found, out.max_connections, findings);
  if (out.max_connections == 0) out.max_connections = -1;
}

void readMaxSubTokens(const Found& found, Options& out, Findings& findings) {
  const auto* count = expect<std::int64_t>(found.value(), found.at(), findings);
  if (count == nullptr) return;
  if (*count > 255) {
    findings.error(found.at(), fmt::format("{} value is too big", found.name));
  } else if (*count <= 0) {
    findings.error(found.at(), fmt::format("{} value can not be negative", found.name));
  } else {
    out.max_sub_tokens = *count;
  }
}

void readHttp(const Found& found, Options& out, Findings& findings) {
  if (const auto listen = readListen(found, findings)) {
    out.http_host = listen->host;
    out.http_port = listen->port;
  }
}

void readHttps(const Found& found, Options& out, Findings& findings) {
  if (const auto listen = readListen(found, findings)) {
    out.http_host = listen->host;
    out.https_port = listen->port;
  }
}

void readLameDuckDuration(const Found& found, Options& out, Findings& findings) {
  const auto duration = readDurationText(found, findings);
  if (!duration) return;
  if (*duration < std::chrono::seconds(30)) {
    findings.error(found.at(),
                   fmt::format("invalid lame_duck_duration of {}, minimum is 30 seconds",
                               formatDuration(*duration)));
    return;
  }
  out.lame_duck_duration = *duration;
}

void readLameDuckGracePeriod(const Found& found, Options& out, Findings& findings) {
  const auto duration = readDurationText(found, findings);
  if (!duration) return;
  if (duration->count() < 0) {
    findings.error(found.at(), "invalid lame_duck_grace_period, needs to be positive");
    return;
  }
  out.lame_duck_grace_period = *duration;
}

void readShards(const Found& found, Options& out, Findings& findings) {
  const auto* count = expect<std::int64_t>(found.value(), found.at(), findings);
  if (count == nullptr) return;
  if (*count < 0 || *count > kMaxShards) {
    findings.error(found.at(), fmt::format("shards must be between 0 and {}", kMaxShards));
    return;
  }
  out.shards = *count;
}

void readMaxMemory(const Found& found, Options& out, Findings& findings) {
  const auto* size = expect<std::int64_t>(found.value(), found.at(), findings);
  if (size == nullptr) return;
  if (*size < kMinMemory) {
    findings.error(found.at(), fmt::format("max_memory must be at least {} bytes", kMinMemory));
    return;
  }
  out.max_memory = *size;
}

constexpr auto kRows = std::to_array<OptionRow>({
    row<&Options::unix_listen>(
        {"listen", "UnixListen"},
        "Address and port for clients, or unix:/path for a socket of this machine.",
        &readListenOption),
    row<&Options::port>({"port", "Port"}, "Port for clients; -1 picks a free one."),
    row<&Options::host>({"host net", "Host"}, "Address for clients."),
    inOctal(row<&Options::unix_mode>({"unix_mode", "UnixMode"},
                                     "File mode of the Unix socket, in octal.", &readUnixMode)),
    row<&Options::client_advertise>({"client_advertise"},
                                    "Address that clients are told, instead of the listener's."),
    row<&Options::server_name>({"server_name", "ServerName"}, "The server's name in INFO and logs.",
                               &readServerName),
    {"server_tags", "Words that describe this server, shown by monitoring.", &readServerTags},
    {"server_metadata", "Named values that describe this server, shown by monitoring.",
     &readServerMetadata},
    row<&Options::shards>({"shards", "Shards"}, "Threads that serve clients; 0 is one a core.",
                          &readShards),
    row<&Options::max_memory>({"max_memory", "MaxMemory"}, "Bytes that buffers may take together.",
                              &readMaxMemory),

    ofLog(row<&Options::debug>({"debug"}, "Log debug lines.")),
    ofLog(row<&Options::trace>({"trace"}, "Log every protocol line.")),
    ofLog(row<&Options::trace_verbose>({"trace_verbose"}, "Trace the server's own client too.",
                                       &readTraceVerbose)),
    ofLog(row<&Options::trace_headers>(
        {"trace_headers"}, "Trace the headers of messages, not the rest.", &readTraceHeaders)),
    ofLog(row<&Options::logtime>({"logtime"}, "Log lines carry date and time.")),
    ofLog(row<&Options::logtime_utc>({"logtime_utc"}, "Log times are in UTC.")),
    ofLog(row<&Options::log_file>({"log_file logfile"}, "File to log to.")),
    row<&Options::log_size_limit>({"log_size_limit logfile_size_limit", "LogSizeLimit"},
                                  "Bytes after which the log file is rotated; 0 is never."),
    row<&Options::log_max_num>({"log_max_num logfile_max_num", "LogMaxFiles"},
                               "Log files kept, the current one included; 0 is all."),
    ofLog(row<&Options::syslog>({"syslog"}, "Log to the local syslog.")),
    ofLog(row<&Options::remote_syslog>({"remote_syslog"}, "Syslog to send to: udp://host:port.")),
    row<&Options::max_traced_msg_len>({"max_traced_msg_len"},
                                      "Bytes of a payload that a trace shows; 0 is all."),
    row<&Options::pid_file>({"pid_file pidfile"}, "File that gets the process's id."),
    row<&Options::ports_file_dir>({"ports_file_dir"}, "Folder that gets the file of open ports."),

    {"http", "Address and port of the monitoring listener.", &readHttp},
    row<&Options::http_port>({"http_port monitor_port", "HTTPPort"}, "Port of monitoring."),
    {"https", "Address and port of the monitoring listener with TLS.", &readHttps},
    row<&Options::https_port>({"https_port", "HTTPSPort"}, "Port of monitoring with TLS."),
    row<&Options::http_base_path>({"http_base_path", "HTTPBasePath"},
                                  "Path under which monitoring is found."),

    row<&Options::max_connections>({"max_connections max_conn"}, "Clients at the same time.",
                                   &readMaxConnections),
    row<&Options::max_subscriptions>({"max_subscriptions max_subs", "MaxSubs"},
                                     "Subscriptions of one client; 0 is any number."),
    row<&Options::max_sub_tokens>({"max_sub_tokens max_subscription_tokens", "MaxSubTokens"},
                                  "Tokens in the subject of a subscription.", &readMaxSubTokens),
    row<&Options::max_control_line>({"max_control_line"}, "Bytes of a protocol line.",
                                    &readSizeMember<&Options::max_control_line>),
    row<&Options::max_payload>({"max_payload"}, "Bytes of a message.",
                               &readSizeMember<&Options::max_payload>),
    row<&Options::max_pending>({"max_pending", "MaxPending"},
                               "Bytes that wait for one client at most."),
    row<&Options::ping_interval>({"ping_interval"}, "Time between the server's pings."),
    row<&Options::ping_max>({"ping_max"}, "Pings without answer before a client is stale."),
    row<&Options::write_deadline>({"write_deadline"}, "Time in which a client must take output."),
    row<&Options::write_timeout>({"write_timeout", "WriteTimeout"},
                                 "Whether a client that misses it is closed or retried."),
    row<&Options::no_fast_producer_stall>({"no_fast_producer_stall"},
                                          "Drop messages for a slow client; do not slow senders."),
    row<&Options::max_closed_clients>({"max_closed_clients", "MaxClosedClients"},
                                      "Closed connections that monitoring remembers."),
    row<&Options::lame_duck_duration>({"lame_duck_duration", "LameDuckDuration"},
                                      "Time over which lame duck mode closes the clients.",
                                      &readLameDuckDuration),
    row<&Options::lame_duck_grace_period>({"lame_duck_grace_period", "LameDuckGracePeriod"},
                                          "Time before lame duck mode closes the first client.",
                                          &readLameDuckGracePeriod),
    row<&Options::proxy_protocol>({"proxy_protocol", "ProxyProtocol"},
                                  "Clients come through a proxy that sends a PROXY header."),
    row<&Options::no_header_support>({"no_header_support", "NoHeaderSupport"},
                                     "Messages have no headers."),
    row<&Options::allow_non_tls>({"allow_non_tls", "AllowNonTLS"},
                                 "Clients may stay without TLS where it is offered."),
    {"authorization", "The user or token that clients must name.", &readAuthorization},
    {"tls", "Certificates and rules of TLS for clients.", &readTls},

    {"cluster", "Links to the servers of one cluster; its name.", &readCluster},
    {"gateway", "Links to other clusters.", &readGateway},
    {"leafnodes leaf", "Links of an account to other servers.", &readLeafNodes},
    {"websocket ws", "Clients over WebSocket.", &readWebSocket},
    {"mqtt", "Clients that speak MQTT.", &readMqtt},
    {"jetstream", "Streams and consumers.", &readJetStream},
    {"store_dir storedir", "Folder of the streams.", &readStoreDir},
    {"default_js_domain", "Domains that accounts reach without naming them.", &readDefaultJsDomain},
    row<&Options::feature_flags>({"feature_flags", "FeatureFlags"}, "Switches of new behaviour.",
                                 &readFeatureFlags),
    row<&Options::connect_error_reports>(
        {"connect_error_reports"}, "Failed first attempts of a link for each that is logged."),
    row<&Options::reconnect_error_reports>(
        {"reconnect_error_reports"}, "Failed later attempts of a link for each that is logged."),
    row<&Options::disable_sublist_cache>(
        {"disable_sublist_cache no_sublist_cache", "NoSublistCache"},
        "Match every message anew, without remembering."),
    {"accounts", "Groups of users with subjects of their own.", &readAccounts},
    {"mappings maps", "Subjects that are published under other names.", &readMappings},
    {"system_account system", "The account of the server's own subjects.", &readSystemAccount},
    row<&Options::no_system_account>({"no_system_account no_system no_sys_acc", "NoSystemAccount"},
                                     "Whether the server answers no requests itself."),
    {"no_auth_user", "The user of clients that name none.", &readNoAuthUser},
    {"default_sentinel", "The JWT of clients that bring none.", &readSentinel},
    {"trusted trusted_keys", "Keys of operators.", &readTrustedKeys},
    {"operator operators root roots root_operator root_operators", "JWTs of operators.",
     &readOperators},
    {"resolver account_resolver accounts_resolver", "Where the JWTs of accounts are found.",
     &readResolver},
    {"resolver_tls", "TLS towards the resolver.", &readResolverTls},
    {"resolver_preload", "JWTs of accounts that are there from the start.", &readResolverPreload},
    {"resolver_pinned_accounts", "Accounts that are always resolved here.", &readPinnedAccounts},
    {"proxies", "Proxies that may name the client.", &readProxies},
    {"ocsp", "Stapling of the state of the server's certificate.", &readOcsp},
    {"ocsp_cache", "Memory of the states of clients' certificates.", &readOcspCache},
    {"prof_port", "Port of profiling.", &readProfPort},
    {"prof_block_rate", "How much of the waiting is profiled.", &readProfBlockRate},
});

}  // namespace

std::span<const OptionRow> optionTable() {
  return kRows;
}

}  // namespace gannet::config
