#pragma once

#include "base/json_shape.h"
#include "base/result.h"

#include <boost/describe/class.hpp>

#include <string>
#include <vector>

namespace gannet::monitor {

class Query;

// The parameters of /healthz: how far the checks go, and about what.
struct HealthzQuery {
  bool js_server_only = false;   // listeners are up, nothing else
  bool js_enabled_only = false;  // also set by js-enabled, the older name
  bool is_deprecated = false;    // js-enabled was used
  bool js_meta_only = false;     // ends with the meta layer
  std::string account;           // these three restrict what is checked
  std::string stream;
  std::string consumer;
  bool details = false;  // all errors, not only the first
};

// Errors  The body of a 400. Spec: monitoring §1.3, §11.1
[[nodiscard]] Result<HealthzQuery, Error> parseHealthzQuery(const Query& query);

// One failed check. `type` is CONNECTION, BAD_REQUEST, JETSTREAM, ACCOUNT, STREAM or CONSUMER.
struct HealthError {
  std::string type;
  json::Omit<std::string> account;
  json::Omit<std::string> stream;
  json::Omit<std::string> consumer;
  json::Omit<std::string> error;
};
BOOST_DESCRIBE_STRUCT(HealthError, (), (type, account, stream, consumer, error))

// What a Source found: failed checks in the order of the spec, each with its HTTP status.
struct HealthCheck {
  int code = 200;
  std::vector<HealthError> errors;  // empty: healthy
};

// The body of /healthz. Spec: monitoring §11.2
struct Healthz {
  std::string status;  // ok, unavailable (503) or error
  json::Omit<std::string> error;
  json::Omit<std::vector<HealthError>> errors;
};
BOOST_DESCRIBE_STRUCT(Healthz, (), (status, error, errors))

// The check that needs no server: parameters that make no sense together. Spec: monitoring §11.3
[[nodiscard]] HealthCheck checkParameters(const HealthzQuery& query);

// The body for what was found: with details all errors, else the first one's text.
[[nodiscard]] Healthz toHealthz(const HealthCheck& check, const HealthzQuery& query);

}  // namespace gannet::monitor
