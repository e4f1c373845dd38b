#include "monitor/http/target.h"

#include "monitor/http/query.h"

#include <algorithm>
#include <cctype>

namespace gannet::monitor {
namespace {

bool isControl(unsigned char c) {
  return c < 0x20 || c == 0x7f;
}

// The size of "scheme:" at the start of `url`: 0 if there is none, nothing if its name is missing.
std::optional<std::size_t> schemeSize(std::string_view url) {
  for (std::size_t i = 0; i < url.size(); ++i) {
    const auto c = static_cast<unsigned char>(url[i]);
    if (c == ':') return i == 0 ? std::nullopt : std::optional(i + 1);
    const bool may_follow = std::isdigit(c) != 0 || c == '+' || c == '-' || c == '.';
    if (std::isalpha(c) == 0 && (i == 0 || !may_follow)) break;
  }
  return 0;
}

// What follows the host that `url` begins with.
std::string_view behindHost(std::string_view url) {
  return url.substr(std::min(url.find('/'), url.size()));
}

}  // namespace

std::optional<Target> parseTarget(std::string_view method, std::string_view url) {
  if (url.empty() || std::any_of(url.begin(), url.end(), isControl)) return std::nullopt;
  const bool names_host = method == "CONNECT" && !url.starts_with('/');
  if (url == "*" && !names_host) return Target{"*", ""};
  const auto scheme = names_host ? 0 : schemeSize(url);
  if (!scheme) return std::nullopt;
  url.remove_prefix(*scheme);

  const std::size_t mark = std::min(url.find('?'), url.size());
  std::string_view path = url.substr(0, mark);
  if (names_host) {
    path = behindHost(path);
  } else if (*scheme > 0 && path.starts_with("//")) {
    path = behindHost(path.substr(2));
  } else if (!path.starts_with('/')) {
    if (*scheme == 0) return std::nullopt;
    path = {};  // mailto:me
  }
  if (!decodePath(path)) return std::nullopt;
  return Target{std::string(path), std::string(url.substr(std::min(mark + 1, url.size())))};
}

}  // namespace gannet::monitor
