#include "monitor/pages/healthz.h"

#include "monitor/http/query.h"

#include <utility>

namespace gannet::monitor {
namespace {

constexpr int kBadRequest = 400;
constexpr int kUnavailable = 503;

HealthCheck badRequest(std::string text) {
  HealthError error;
  error.type = "BAD_REQUEST";
  error.error = std::move(text);
  return {kBadRequest, {std::move(error)}};
}

}  // namespace

Result<HealthzQuery, Error> parseHealthzQuery(const Query& query) {
  HealthzQuery parsed;
  bool js_enabled = false;
  const std::pair<std::string_view, bool*> flags[] = {
      {"js-enabled", &js_enabled},
      {"js-enabled-only", &parsed.js_enabled_only},
      {"js-server-only", &parsed.js_server_only},
      {"js-meta-only", &parsed.js_meta_only},
      {"details", &parsed.details},
  };
  for (const auto& [name, flag] : flags) {
    const auto value = query.boolean(name);
    if (!value) return value.error();
    *flag = *value;
  }
  parsed.is_deprecated = js_enabled;
  parsed.js_enabled_only = parsed.js_enabled_only || js_enabled;
  parsed.account = query.text("account");
  parsed.stream = query.text("stream");
  parsed.consumer = query.text("consumer");
  return parsed;
}

HealthCheck checkParameters(const HealthzQuery& query) {
  if (query.account.empty() && !query.stream.empty()) {
    return badRequest(R"("account" must not be empty when checking stream health)");
  }
  if (query.stream.empty() && !query.consumer.empty()) {
    return badRequest(R"("stream" must not be empty when checking consumer health)");
  }
  return {};
}

Healthz toHealthz(const HealthCheck& check, const HealthzQuery& query) {
  Healthz health;
  if (check.errors.empty()) {
    health.status = "ok";
  } else if (query.details) {
    health.status = "error";
    health.errors = check.errors;
  } else {
    health.status = check.code == kUnavailable || check.code == 404 ? "unavailable" : "error";
    health.error = *check.errors.front().error;
  }
  return health;
}

}  // namespace gannet::monitor
