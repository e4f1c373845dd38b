#pragma once

#include "base/result.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace gannet::monitor {

// The parameters of a URL and their values, decoded as Go does: the first of equal names holds, a
// piece with a bad escape or a ';' is dropped, '+' is a blank. Absent and empty are the same.
//
// Errors  Each getter's text is the body of the 400. Spec: monitoring §1.3
class Query {
 public:
  explicit Query(std::string_view text);

  [[nodiscard]] std::string_view text(std::string_view name) const;
  [[nodiscard]] Result<bool, Error> boolean(std::string_view name) const;          // default false
  [[nodiscard]] Result<std::int64_t, Error> integer(std::string_view name) const;  // default 0
  [[nodiscard]] Result<std::uint64_t, Error> unsignedInteger(std::string_view name) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

// The path of a URL without its %XX escapes; nothing if one of them is none.
[[nodiscard]] std::optional<std::string> decodePath(std::string_view text);

// The path under which endpoints are served: with a '/' in front and none behind, without //, . and
// .. parts. Spec: monitoring §1.2
[[nodiscard]] std::string cleanPath(std::string_view path);

}  // namespace gannet::monitor
