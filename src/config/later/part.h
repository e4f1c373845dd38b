#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gannet::config {

class Findings;
struct Found;

// Parts of the reference that are not built yet. docs/later-parts.md has a row for each.
//
// A part that gets built goes from here, its reader from this folder, and its row from the page.
enum class Part : std::uint8_t {
  users,
  permissions,
  accounts,
  mappings,
  operators,
  auth_callout,
  proxies,
  certificate_users,
  ocsp,
  jetstream,
  clusters,
  gateways,
  leaf_nodes,
  websocket,
  mqtt,
  profiling,
};

// The text of a refusal: which version has what not, and where to read what it has.
// "OPTION: Gannet 0.2.0 has no clusters yet; see docs/later-parts.md". `option` is quoted already,
// or a flag as it is typed.
[[nodiscard]] std::string refusal(std::string_view option, Part part);

// Reports that an option asks for a part that is not there. Read and ignored, it would be a promise
// broken. What the option holds besides is not looked at: it cannot be used anyway.
void refuse(const Found& found, Part part, Findings& findings);

// The same for an option inside of `block`: "authorization.users".
void refuseInside(std::string_view block, const Found& found, Part part, Findings& findings);

}  // namespace gannet::config
