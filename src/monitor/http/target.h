#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gannet::monitor {

// What a request asks for, with the escapes of its URL.
struct Target {
  std::string path;  // "*" is the server itself; empty where a URL names none
  std::string query;
};

// What `url` in the line of a request with `method` names, without scheme and host; nothing if the
// reference would refuse the request for it. A CONNECT names a host, or a path as all others do.
// Spec  monitoring §1.3
[[nodiscard]] std::optional<Target> parseTarget(std::string_view method, std::string_view url);

}  // namespace gannet::monitor
