#include "config/blocks/authorization.h"

#include "base/go_quote.h"
#include "config/option_readers.h"
#include "config/option_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace gannet::config {
namespace {

constexpr auto kUnavailable = std::to_array<std::string_view>({
    "users",
    "default_permissions",
    "default_permission",
    "permissions",
    "auth_callout",
    "auth_hook",
    "proxy_required",
});

// What the reference prints when the block could not be read at all.
constexpr std::string_view kAborted =
    "runtime error: invalid memory address or nil pointer dereference";

// False ends the block.
bool readText(const Found& found, std::string& out, Findings& findings) {
  const auto* text = expect<std::string>(found.value(), found.at(), findings);
  if (text != nullptr) out = *text;
  return text != nullptr;
}

enum class Outcome : unsigned char { done, ended, aborted };

Outcome readKey(const Found& found, Authorization& out, Findings& findings) {
  const std::string name = lowerCased(found.name);
  const auto text = [&](std::string& member) {
    return readText(found, member, findings) ? Outcome::done : Outcome::aborted;
  };
  if (name == "user" || name == "username") return text(out.user);
  if (name == "pass" || name == "password") return text(out.password);
  if (name == "token") return text(out.token);
  if (name == "timeout") {
    const SecondsRules rules{"error parsing authorization config, ", true};
    return readSeconds(found, rules, out.timeout, findings) ? Outcome::done : Outcome::ended;
  }
  if (std::find(kUnavailable.begin(), kUnavailable.end(), name) != kUnavailable.end()) {
    if (asksForNothing(name, found.value())) return Outcome::done;
    refuseUnavailable(found.at(), fmt::format("authorization.{}", found.name), findings);
  } else if (!found.entry->is_variable) {
    findings.error(found.at(), fmt::format("unknown field {}", goQuote(found.name)));
  }
  return Outcome::done;
}

}  // namespace

void readAuthorization(const Found& found, Options& out, Findings& findings) {
  const auto* map = expect<Map>(found.value(), found.at(), findings);
  if (map == nullptr) return findings.error(found.at(), kAborted);

  Authorization authorization;
  for (const Found& key : inFileOrder(*map)) {
    const Outcome outcome = readKey(key, authorization, findings);
    if (outcome == Outcome::aborted) return findings.error(found.at(), kAborted);
    if (outcome == Outcome::ended) return;
  }
  const bool has_user = !authorization.user.empty() || !authorization.password.empty();
  if (has_user && !authorization.token.empty()) {
    return findings.error(found.at(), "Cannot have a user/pass and token");
  }
  out.authorization = std::move(authorization);
}

}  // namespace gannet::config
