#include "monitor/endpoints.h"

#include "base/go_quote.h"
#include "base/json.h"
#include "base/log.h"
#include "monitor/http/query.h"
#include "monitor/http/root_page.h"
#include "monitor/pages/jsz.h"
#include "monitor/pages/links.h"
#include "monitor/scrape.h"

#include <boost/describe/class.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace gannet::monitor {
namespace {

constexpr std::string_view kPlainText = "text/plain; charset=utf-8";
constexpr std::string_view kHtml = "text/html; charset=utf-8";

Response text(int status, std::string_view type, std::string body) {
  Response response;
  response.status = status;
  response.content_type = type;
  response.body = std::move(body);
  return response;
}

// The part of Go's expvar page that is not about Go.
struct ProcessVars {
  std::vector<std::string> cmdline;
};
BOOST_DESCRIBE_STRUCT(ProcessVars, (), (cmdline))

Response badRequest(const Error& error) {
  return text(400, kPlainText, error.text);
}

Response notFound() {
  Response response = text(404, kPlainText, "404 page not found\n");
  response.is_opaque = true;
  return response;
}

// Readers of pages are told in words.
Response redirect(std::string_view method, const std::string& location) {
  Response response = text(307, "", "");
  response.location = location;
  if (method != "GET" && method != "HEAD") return response;
  response.content_type = kHtml;
  response.body = fmt::format("<a href=\"{}\">Temporary Redirect</a>.\n\n", escapeHtml(location));
  return response;
}

// The server itself has options only, and none of them.
Response serverItself(std::string_view method) {
  Response response = text(method == "OPTIONS" ? 200 : 400, "", "");
  response.is_last = response.status != 200;
  return response;
}

template <class T>
Response document(const T& value, json::Style style = json::Style::pretty) {
  Response response;
  response.is_shared = true;
  response.body = json::write(value, style);
  return response;
}

// The clean form of a path keeps a '/' at its end.
std::string cleanRequestPath(std::string_view path) {
  std::string clean = cleanPath(path);
  if (path.ends_with('/') && !clean.ends_with('/')) clean.push_back('/');
  return clean;
}

// An escaped '/' separates nothing, so no path of ours has one.
bool hasEscapedSlash(std::string_view path) {
  return path.find("%2F") != std::string_view::npos || path.find("%2f") != std::string_view::npos;
}

}  // namespace

// The whole of what is served, in the order of the root page. Spec: monitoring §1.2
const std::vector<Endpoints::Row>& Endpoints::rows() {
  static const std::vector<Row> kRows = {
      {"/", "/", true, &Endpoints::root, ""},
      {"/varz", "/varz", true, &Endpoints::varz, "General"},
      {"/jsz", "/jsz", true, &Endpoints::jsz, "JetStream"},
      {"/connz", "/connz", false, &Endpoints::connz, "Connections"},
      {"/accountz", "/accountz", true, &Endpoints::accountz, "Accounts"},
      {"/accstatz", "/accstatz", true, &Endpoints::accstatz, "Account Stats"},
      {"/subsz", "/subsz", true, &Endpoints::subsz, "Subscriptions"},
      {"/subscriptionsz", "/subsz", true, &Endpoints::subsz, ""},
      {"/routez", "/routez", false, &Endpoints::routez, "Routes"},
      {"/leafz", "/leafz", true, &Endpoints::leafz, "LeafNodes"},
      {"/gatewayz", "/gatewayz", true, &Endpoints::gatewayz, "Gateways"},
      {"/raftz", "", false, &Endpoints::raftz, "Raft Groups"},
      {"/ipqueuesz", "", false, &Endpoints::ipqueuesz, ""},
      {"/healthz", "/healthz", true, &Endpoints::healthz, "Health Probe"},
      {"/slowz", "", false, &Endpoints::slowz, "Slow Receivers"},
      {"/metrics", "", false, &Endpoints::metrics, "Prometheus Metrics"},
      {"/debug/vars", "", false, &Endpoints::debugVars, "Expvar"},
  };
  return kRows;
}

Endpoints::Endpoints(Source& source, const Settings& settings)
    : source_(source), base_path_(cleanPath(settings.base_path)), version_(settings.version) {
  if (base_path_ == "/") base_path_.clear();
}

void Endpoints::serve(std::string_view method, const Target& target, const Respond& respond) {
  if (target.path == "*") return respond(serverItself(method));
  // A path is cleaned as it is written: escapes are neither dots nor slashes. What asks for a proxy
  // is not sent elsewhere.
  const std::string clean = cleanRequestPath(target.path);
  if (clean != target.path && method != "CONNECT") {
    const std::string_view mark = target.query.empty() ? "" : "?";
    return respond(redirect(method, fmt::format("{}{}{}", encodePath(clean), mark, target.query)));
  }
  const auto path = decodePath(target.path);
  if (!path || hasEscapedSlash(target.path)) return respond(notFound());
  for (const Row& row : rows()) {
    const bool is_root = row.path == "/" && !base_path_.empty();
    if (*path != (is_root ? base_path_ : base_path_ + std::string(row.path))) continue;
    if (row.counts_bad_queries) count(row.counted_as);
    return (this->*row.handle)(Query(target.query), respond);
  }
  respond(notFound());
}

void Endpoints::count(std::string_view path) {
  ++requests_[std::string(path)];
}

void Endpoints::root(const Query& /*query*/, const Respond& respond) {
  std::vector<RootLink> links;
  for (const Row& row : rows()) {
    if (!row.title.empty()) links.push_back({row.title, row.path});
  }
  respond(text(200, kHtml, rootPage(version_, base_path_, links)));
}

void Endpoints::debugVars(const Query& /*query*/, const Respond& respond) {
  Response response = document(ProcessVars{source_.arguments()});
  response.content_type = "application/json; charset=utf-8";
  respond(std::move(response));
}

void Endpoints::varz(const Query& /*query*/, const Respond& respond) {
  source_.varz([this, respond](Varz varz) {
    varz.http_req_stats = requests_;
    respond(document(varz));
  });
}

void Endpoints::connz(const Query& query, const Respond& respond) {
  const auto parsed = parseConnzQuery(query);
  if (!parsed) return respond(badRequest(parsed.error()));
  count("/connz");
  const auto valid = validate(*parsed);
  if (!valid) return respond(badRequest(valid.error()));
  source_.connz(*parsed, [query = *parsed, respond](ConnectionList list) {
    respond(document(makeConnz(std::move(list), query)));
  });
}

void Endpoints::subsz(const Query& query, const Respond& respond) {
  const auto parsed = parseSubszQuery(query);
  if (!parsed) return respond(badRequest(parsed.error()));
  const auto valid = validate(*parsed);
  if (!valid) return respond(badRequest(valid.error()));
  source_.subsz(*parsed, [query = *parsed, respond](Subsz subsz) {
    page(subsz, query);
    respond(document(subsz));
  });
}

void Endpoints::healthz(const Query& query, const Respond& respond) {
  const auto parsed = parseHealthzQuery(query);
  if (!parsed) return respond(badRequest(parsed.error()));
  if (parsed->is_deprecated) {
    log::client(log::Level::warning,
                "Healthcheck: js-enabled deprecated, use js-enabled-only instead");
  }
  const auto finish = [query = *parsed, respond](const HealthCheck& check) {
    if (!check.errors.empty()) {
      log::client(log::Level::warning, "Healthcheck failed: {}",
                  goQuote(*check.errors.front().error));
    }
    Response response = document(toHealthz(check, query), json::Style::compact);
    response.status = check.code;
    respond(std::move(response));
  };
  HealthCheck check = checkParameters(*parsed);
  if (!check.errors.empty()) return finish(check);
  source_.healthz(*parsed, finish);
}

void Endpoints::jsz(const Query& query, const Respond& respond) {
  const auto parsed = parseJszQuery(query);
  if (!parsed) return respond(badRequest(parsed.error()));
  const auto valid = validate(*parsed);
  if (!valid) return respond(badRequest(valid.error()));
  Stamp stamp = source_.stamp();
  Jsz jsz;
  jsz.server_id = std::move(stamp.server_id);
  jsz.now = stamp.now;
  jsz.disabled = true;
  respond(document(jsz));
}

void Endpoints::accountz(const Query& query, const Respond& respond) {
  source_.accounts([account = std::string(query.text("acc")), respond](const AccountList& list) {
    const auto accountz = makeAccountz(list, account);
    respond(accountz ? document(*accountz) : badRequest(accountz.error()));
  });
}

void Endpoints::accstatz(const Query& query, const Respond& respond) {
  const auto parsed = parseAccstatzQuery(query);
  if (!parsed) return respond(badRequest(parsed.error()));
  source_.accounts([query = *parsed, respond](const AccountList& list) {
    respond(document(makeAccstatz(list, query)));
  });
}

void Endpoints::routez(const Query& query, const Respond& respond) {
  const auto checked = checkRoutezQuery(query);
  if (!checked) return respond(badRequest(checked.error()));
  count("/routez");
  Stamp stamp = source_.stamp();
  Routez routez;
  routez.server_id = std::move(stamp.server_id);
  routez.server_name = std::move(stamp.server_name);
  routez.now = stamp.now;
  respond(document(routez));
}

void Endpoints::leafz(const Query& query, const Respond& respond) {
  const auto checked = checkLeafzQuery(query);
  if (!checked) return respond(badRequest(checked.error()));
  Stamp stamp = source_.stamp();
  Leafz leafz;
  leafz.server_id = std::move(stamp.server_id);
  leafz.now = stamp.now;
  respond(document(leafz));
}

void Endpoints::gatewayz(const Query& query, const Respond& respond) {
  const auto checked = checkGatewayzQuery(query);
  if (!checked) return respond(badRequest(checked.error()));
  Stamp stamp = source_.stamp();
  Gatewayz gatewayz;
  gatewayz.server_id = std::move(stamp.server_id);
  gatewayz.now = stamp.now;
  respond(document(gatewayz));
}

// There are groups in a cluster only. The reference says so before it looks at the parameters.
void Endpoints::raftz(const Query& /*query*/, const Respond& respond) {
  respond(text(404, kPlainText, "No Raft nodes registered"));
}

void Endpoints::ipqueuesz(const Query& query, const Respond& respond) {
  const auto parsed = parseIpqueueszQuery(query);
  if (!parsed) return respond(badRequest(parsed.error()));
  source_.ipqueuesz([query = *parsed, respond](Ipqueuesz queues) {
    select(queues, query);
    respond(document(queues, json::Style::wide));
  });
}

void Endpoints::slowz(const Query& query, const Respond& respond) {
  const auto parsed = parseSlowzQuery(query);
  if (!parsed) return respond(badRequest(parsed.error()));
  source_.slowz([query = *parsed, respond](Slowz slowz) {
    rank(slowz, query);
    respond(document(slowz));
  });
}

void Endpoints::metrics(const Query& /*query*/, const Respond& respond) {
  scrape(source_, requests_, [respond](std::string body) {
    respond(text(200, "text/plain; version=0.0.4; charset=utf-8", std::move(body)));
  });
}

}  // namespace gannet::monitor
