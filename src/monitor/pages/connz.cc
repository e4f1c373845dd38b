#include "monitor/pages/connz.h"

#include "base/ascii.h"
#include "monitor/go_time.h"
#include "monitor/http/query.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace gannet::monitor {
namespace {

constexpr std::string_view kGlobalAccount = "$G";

// Age and idle time end when the connection did.
WallTime endOf(const Connection& connection, WallTime now) {
  return connection.stop.value_or(now);
}

std::chrono::nanoseconds uptimeOf(const Connection& connection, WallTime now) {
  return endOf(connection, now) - connection.start;
}

std::chrono::nanoseconds idleOf(const Connection& connection, WallTime now) {
  return endOf(connection, now) - connection.last_activity;
}

using Before = bool (*)(const Connection& a, const Connection& b, WallTime now);

template <auto Member>
bool hasMore(const Connection& a, const Connection& b, WallTime /*now*/) {
  return a.*Member > b.*Member;
}

struct Order {
  std::string_view name;
  Before before;
};

// Spec: monitoring §3.3
constexpr Order kOrders[] = {
    {"cid", [](const Connection& a, const Connection& b, WallTime) { return a.cid < b.cid; }},
    {"start", [](const Connection& a, const Connection& b, WallTime) { return a.cid < b.cid; }},
    {"subs", &hasMore<&Connection::subscriptions>},
    {"pending", &hasMore<&Connection::pending_bytes>},
    {"msgs_to", &hasMore<&Connection::out_msgs>},
    {"msgs_from", &hasMore<&Connection::in_msgs>},
    {"bytes_to", &hasMore<&Connection::out_bytes>},
    {"bytes_from", &hasMore<&Connection::in_bytes>},
    {"rtt", &hasMore<&Connection::rtt>},
    {"last", &hasMore<&Connection::last_activity>},
    {"idle", [](const Connection& a, const Connection& b,
                WallTime now) { return idleOf(a, now) > idleOf(b, now); }},
    {"uptime", [](const Connection& a, const Connection& b,
                  WallTime now) { return uptimeOf(a, now) < uptimeOf(b, now); }},
    {"stop", &hasMore<&Connection::stop>},
    {"reason",
     [](const Connection& a, const Connection& b, WallTime) { return a.reason < b.reason; }},
};

const Order* findOrder(std::string_view name) {
  const auto* const found = std::find_if(std::begin(kOrders), std::end(kOrders),
                                         [&](const Order& order) { return order.name == name; });
  return found == std::end(kOrders) ? nullptr : found;
}

Result<ConnState, Error> parseState(std::string_view text) {
  if (text.empty() || equalFold(text, "open")) return ConnState::open;
  if (equalFold(text, "closed")) return ConnState::closed;
  if (equalFold(text, "any") || equalFold(text, "all")) return ConnState::all;
  return Error{fmt::format("Error decoding state for {}", text)};
}

// The account under which a connection is found: the global one leaves no name behind.
std::string_view accountOf(const Connection& connection) {
  const bool is_nameless = connection.stop.has_value() && connection.account == kGlobalAccount;
  return is_nameless ? std::string_view{} : connection.account;
}

bool isInState(const Connection& connection, ConnState state) {
  return state == ConnState::all || (state == ConnState::closed) == connection.stop.has_value();
}

// What `total` counts.
bool isInScope(const Connection& connection, const ConnzQuery& query) {
  return isInState(connection, query.state) &&
         (query.account.empty() || accountOf(connection) == query.account);
}

bool isWanted(const Connection& connection, const ConnzQuery& query) {
  return (query.cid == 0 || connection.cid == query.cid) &&
         (query.user.empty() || connection.authorized_user == query.user) &&
         (query.mqtt_client.empty() || connection.mqtt_client == query.mqtt_client);
}

// An open connection hides closed ones of the same cid.
void keepOpenHit(std::vector<Connection>& hits) {
  const auto is_open = [](const Connection& hit) { return !hit.stop.has_value(); };
  if (std::any_of(hits.begin(), hits.end(), is_open)) {
    std::erase_if(hits, [&](const Connection& hit) { return !is_open(hit); });
  }
}

void showIdentity(ConnInfo& info, Connection& from, const ConnzQuery& query) {
  const bool is_closed = from.stop.has_value();
  const bool is_global = from.account == kGlobalAccount;
  if (query.with_auth) {
    info.tls_peer_certs = std::move(from.tls_peer_certs);
    info.authorized_user = std::move(from.authorized_user);
    if (!is_global) info.account = std::move(from.account);
  }
  // A closed connection's record was made with its credentials in it.
  if (query.with_auth || is_closed) {
    info.jwt = std::move(from.jwt);
    info.issuer_key = std::move(from.issuer_key);
    info.tags = std::move(from.tags);
    if (!is_closed || !is_global) info.name_tag = std::move(from.name_tag);
  }
}

void showSubs(ConnInfo& info, Connection& from, SubsShown shown) {
  if (shown == SubsShown::detail) {
    for (SubDetail& sub : from.subs) {
      if (from.stop.has_value()) {
        sub.max = std::int64_t{0};
      } else {
        sub.account = std::string{};
        sub.account_tag = std::string{};
      }
    }
    info.subscriptions_list_detail = std::move(from.subs);
  } else if (shown == SubsShown::list) {
    for (SubDetail& sub : from.subs)
      info.subscriptions_list->push_back(std::move(sub.subject));
  }
}

// Below a millisecond the figure ends at microseconds.
std::string showRtt(std::chrono::nanoseconds rtt) {
  using std::chrono::microseconds;
  const bool is_short = rtt < std::chrono::milliseconds(1);
  return formatDuration(is_short ? std::chrono::duration_cast<microseconds>(rtt) : rtt);
}

ConnInfo show(Connection&& from, const ConnzQuery& query, WallTime now) {
  ConnInfo info;
  info.cid = from.cid;
  info.kind = std::move(from.kind);
  info.type = std::move(from.type);
  info.ip = std::move(from.ip);
  info.port = from.port;
  info.start = from.start;
  info.last_activity = from.last_activity;
  info.stop = from.stop;
  info.reason = std::move(from.reason);
  info.rtt = showRtt(from.rtt);
  info.uptime = formatUptime(uptimeOf(from, now));
  info.idle = formatUptime(idleOf(from, now));
  info.pending_bytes = from.pending_bytes;
  info.in_msgs = from.in_msgs;
  info.out_msgs = from.out_msgs;
  info.in_bytes = from.in_bytes;
  info.out_bytes = from.out_bytes;
  info.stalls = from.stalls;
  info.subscriptions = from.subscriptions;
  info.name = std::move(from.name);
  info.lang = std::move(from.lang);
  info.version = std::move(from.version);
  info.tls_version = std::move(from.tls_version);
  info.tls_cipher_suite = std::move(from.tls_cipher_suite);
  info.tls_first = from.tls_first;
  info.mqtt_client = std::move(from.mqtt_client);
  if (!from.proxy_key.empty()) info.proxy = ConnProxy{std::move(from.proxy_key)};
  showSubs(info, from, query.subs);
  showIdentity(info, from, query);
  return info;
}

}  // namespace

Result<SubsShown, Error> parseSubs(const Query& query) {
  if (equalFold(query.text("subs"), "detail")) return SubsShown::detail;
  const auto shown = query.boolean("subs");
  if (!shown) return shown.error();
  return *shown ? SubsShown::list : SubsShown::none;
}

Result<ConnzQuery, Error> parseConnzQuery(const Query& query) {
  ConnzQuery parsed;
  if (!query.text("sort").empty()) parsed.sort = query.text("sort");
  const auto with_auth = query.boolean("auth");
  if (!with_auth) return with_auth.error();
  parsed.with_auth = *with_auth;
  const auto subs = parseSubs(query);
  if (!subs) return subs.error();
  parsed.subs = *subs;
  const auto paged = parsePage(query, parsed.offset, parsed.limit);
  if (!paged) return paged.error();
  const auto cid = query.unsignedInteger("cid");
  if (!cid) return cid.error();
  parsed.cid = *cid;
  if (parsed.cid > 0) parsed.limit = 1;
  const auto state = parseState(query.text("state"));
  if (!state) return state.error();
  parsed.state = *state;
  parsed.user = query.text("user");
  parsed.account = query.text("acc");
  parsed.mqtt_client = query.text("mqtt_client");
  return parsed;
}

Result<void, Error> validate(const ConnzQuery& query) {
  if (findOrder(query.sort) == nullptr) {
    return Error{fmt::format("invalid sorting option: {}", query.sort)};
  }
  const bool needs_closed = query.sort == "stop" || query.sort == "reason";
  if (needs_closed && query.state != ConnState::closed) {
    return Error{fmt::format("sort by {} only valid on closed connections", query.sort)};
  }
  return {};
}

Connz makeConnz(ConnectionList&& list, const ConnzQuery& query) {
  Connz connz;
  connz.now = list.now;
  connz.offset = query.offset;
  connz.limit = query.limit;
  if (!list.is_account_known) return connz;

  connz.server_id = std::move(list.server_id);
  std::vector<Connection>& all = list.connections;
  std::erase_if(all, [&](const Connection& each) { return !isInScope(each, query); });
  connz.total = static_cast<std::int64_t>(all.size()) + list.left_out;
  std::erase_if(all, [&](const Connection& each) { return !isWanted(each, query); });
  if (query.cid > 0) keepOpenHit(all);

  const PageRange range = pageRange(all.size(), query.offset, query.limit);
  const Order* const order = findOrder(query.sort);
  std::partial_sort(
      all.begin(), all.begin() + static_cast<std::ptrdiff_t>(range.last), all.end(),
      [&](const Connection& a, const Connection& b) { return order->before(a, b, list.now); });
  connz.connections.emplace();
  for (std::size_t i = range.first; i < range.last; ++i) {
    connz.connections->push_back(show(std::move(all[i]), query, list.now));
  }
  connz.num_connections = static_cast<std::int64_t>(connz.connections->size());
  return connz;
}

}  // namespace gannet::monitor
