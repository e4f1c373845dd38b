#pragma once

#include "base/result.h"
#include "config/language/cursor.h"
#include "config/language/value.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace gannet::config {

// `$name`, to be replaced by what it refers to.
struct Reference {
  std::string name;
};

// A number with a suffix that means nothing ("1kbb"): the reference drops the whole entry.
struct Dropped {};

// The text ended where a value had to be.
struct Missing {};

using Scalar =
    std::variant<std::string, std::int64_t, double, bool, Datetime, Reference, Dropped, Missing>;

// Reads the scalar at the cursor, which stands on its first byte.
// Spec: config-and-cli §1.4 to §1.7
Result<Scalar, Error> scanScalar(Cursor& cursor);

// The error of a text that breaks the grammar. The cursor is behind the offending byte: a newline
// counts to the line it starts.
[[nodiscard]] Error syntaxError(const Cursor& cursor, std::string_view message);

}  // namespace gannet::config
