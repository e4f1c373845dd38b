#include "config/blocks/authorization.h"

#include "base/go_quote.h"
#include "config/later/block_keys.h"
#include "config/later/part.h"
#include "config/option_readers.h"

#include <fmt/format.h>

namespace gannet::config {
namespace {

// What the reference prints when the block could not be read at all.
constexpr std::string_view kAborted =
    "runtime error: invalid memory address or nil pointer dereference";

// False ends the block.
bool readText(const Found& found, std::string& out, Findings& findings) {
  const auto* text = expect<std::string>(found.value(), found.at(), findings);
  if (text != nullptr) out = *text;
  return text != nullptr;
}

// What was read, and what stands against it.
struct Draft {
  Authorization authorization;
  bool has_users = false;
};

enum class Outcome : unsigned char { done, ended, aborted };

// A list of users. An empty one asks for no part that is missing, but stands against a single user.
void readUsers(const Found& found, Draft& out, Findings& findings) {
  const auto* array = found.value().as<Array>();
  if (array == nullptr) {
    return findings.error(found.at(), fmt::format("Expected users field to be an array, got {}",
                                                  display(found.value())));
  }
  out.has_users = true;
  if (!array->empty()) refuseInside("authorization", found, Part::users, findings);
}

// A block that asks for nothing when it is empty.
void readPermissions(const Found& found, Findings& findings) {
  const auto* map = found.value().as<Map>();
  if (map == nullptr) {
    return findings.error(found.at(), fmt::format("Expected permissions to be a map/struct, got {}",
                                                  display(found.value())));
  }
  if (!map->empty()) refuseInside("authorization", found, Part::permissions, findings);
}

void readCallout(const Found& found, Findings& findings) {
  if (found.value().as<Map>() == nullptr) {
    return findings.error(found.at(),
                          fmt::format("Expected authorization callout to be a map/struct, got {}",
                                      display(found.value())));
  }
  refuseInside("authorization", found, Part::auth_callout, findings);
}

Outcome readProxyRequired(const Found& found, Findings& findings) {
  const auto* is_required = expect<bool>(found.value(), found.at(), findings);
  if (is_required == nullptr) return Outcome::aborted;
  if (*is_required) refuseInside("authorization", found, Part::proxies, findings);
  return Outcome::done;
}

Outcome readKey(const Found& found, Draft& out, Findings& findings) {
  const std::string name = lowerCased(found.name);
  const auto text = [&](std::string& member) {
    return readText(found, member, findings) ? Outcome::done : Outcome::aborted;
  };
  if (name == "user" || name == "username") return text(out.authorization.user);
  if (name == "pass" || name == "password") return text(out.authorization.password);
  if (name == "token") return text(out.authorization.token);
  if (name == "timeout") {
    const SecondsRules rules{"error parsing authorization config, ", true};
    return readSeconds(found, rules, out.authorization.timeout, findings) ? Outcome::done
                                                                          : Outcome::ended;
  }
  if (name == "proxy_required") return readProxyRequired(found, findings);
  if (name == "users") {
    readUsers(found, out, findings);
  } else if (isNamed("permissions default_permissions default_permission", name)) {
    readPermissions(found, findings);
  } else if (isNamed("auth_callout auth_hook", name)) {
    readCallout(found, findings);
  } else if (!found.entry->is_variable) {
    findings.error(found.at(), fmt::format("unknown field {}", goQuote(found.name)));
  }
  return Outcome::done;
}

}  // namespace

void readAuthorization(const Found& found, Options& out, Findings& findings) {
  const auto* map = expect<Map>(found.value(), found.at(), findings);
  if (map == nullptr) return findings.error(found.at(), kAborted);

  Draft draft;
  for (const Found& key : inFileOrder(*map)) {
    const Outcome outcome = readKey(key, draft, findings);
    if (outcome == Outcome::aborted) return findings.error(found.at(), kAborted);
    if (outcome == Outcome::ended) return;
  }
  const Authorization& read = draft.authorization;
  if ((!read.user.empty() || !read.password.empty()) && !read.token.empty()) {
    return findings.error(found.at(), "Cannot have a user/pass and token");
  }
  if (draft.has_users && !read.user.empty()) {
    return findings.error(found.at(), "Can not have a single user/pass and a users array");
  }
  if (draft.has_users && !read.token.empty()) {
    return findings.error(found.at(), "Can not have a token and a users array");
  }
  out.authorization = std::move(draft.authorization);
}

}  // namespace gannet::config
