#pragma once

#include <boost/container/map.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace gannet::config {

// Where something stands: `file` as an error names it, `line` from 1, `column` in bytes, from 0 on
// line 1 and from 1 on every other, as the reference counts. Spec: config-and-cli §1.10
struct Position {
  std::string_view file;  // owned by the Document
  int line = 0;
  int column = 0;
};

// A date of the configuration language, in UTC: "2026-01-31T10:00:00Z". No option takes one.
struct Datetime {
  std::string text;
};

struct Value;
struct Entry;

using Array = std::vector<Value>;

// Entries by key, in the order of the keys' bytes.
using Map = boost::container::map<std::string, Entry, std::less<>>;

// One value of the configuration language. Spec: config-and-cli §1.1
struct Value {
  std::variant<std::string, std::int64_t, double, bool, Datetime, Array, Map> data;
  Position at;  // its own; errors about a map's entry name Entry::at instead

  template <class T>
  [[nodiscard]] const T* as() const {
    return std::get_if<T>(&data);
  }
};

// A key with its value.
struct Entry {
  Value value;
  Position at;               // of the key
  bool is_variable = false;  // a `$key` referred to it: then an unknown key is no error
};

// The type's name in the reference's errors: "string", "int64", "[]interface {}" …
[[nodiscard]] std::string_view typeName(const Value& value);

// The value as Go's %v prints it: "5", "[a b]", "map[a:1]".
[[nodiscard]] std::string display(const Value& value);

// Values in `value`, itself included: what copying it costs.
[[nodiscard]] std::size_t countValues(const Value& value);

}  // namespace gannet::config
