#include "config/later/part.h"

#include "base/go_quote.h"
#include "base/version.h"
#include "config/findings.h"

#include <fmt/format.h>

namespace gannet::config {
namespace {

std::string_view nameOf(Part part) {
  switch (part) {
    case Part::users: return "list of users";
    case Part::permissions: return "permissions";
    case Part::accounts: return "accounts";
    case Part::mappings: return "subject mappings";
    case Part::operators: return "operators and JWTs";
    case Part::auth_callout: return "auth callout";
    case Part::proxies: return "trusted proxies";
    case Part::certificate_users: return "users named by certificates";
    case Part::ocsp: return "OCSP";
    case Part::jetstream: return "JetStream";
    case Part::clusters: return "clusters";
    case Part::gateways: return "gateways";
    case Part::leaf_nodes: return "leaf nodes";
    case Part::websocket: return "WebSocket";
    case Part::mqtt: return "MQTT";
    case Part::profiling: return "profiling";
  }
  return "";
}

}  // namespace

std::string refusal(std::string_view option, Part part) {
  return fmt::format("{}: Gannet {} has no {} yet; see docs/later-parts.md", option, version(),
                     nameOf(part));
}

void refuse(const Found& found, Part part, Findings& findings) {
  findings.error(found.at(), refusal(goQuote(found.name), part));
}

void refuseInside(std::string_view block, const Found& found, Part part, Findings& findings) {
  findings.error(found.at(), refusal(goQuote(fmt::format("{}.{}", block, found.name)), part));
}

}  // namespace gannet::config
