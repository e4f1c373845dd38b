#pragma once

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

namespace gannet::json {

// What becomes of a key that no member has.
enum class UnknownKeys : std::uint8_t { ignored, refused };

// What a document may look like, and how large it may be.
struct ReadOptions {
  UnknownKeys unknown_keys = UnknownKeys::ignored;
  std::size_t max_bytes = std::size_t{64} << 20;
  // Of nested arrays and objects, known and unknown. The parser recurses, with less than 1 KiB of
  // stack a level; documents of NATS nest five deep.
  std::size_t max_depth = 100;
};

// A value that is neither null nor an array or object. The text is a view that ends with the call,
// and UTF-8.
using Scalar = std::variant<bool, std::int64_t, std::uint64_t, double, std::string_view>;

struct Type;

// Where the next value goes: a T, and what is known of it. Without a type it goes nowhere.
struct Slot {
  const Type* type = nullptr;
  void* value = nullptr;
};

// The member `name` of a described struct.
struct Field {
  std::string_view name;
  Slot (*in)(void* object);
};

// How a T takes values: the table that read_described.h makes of each type. What does not apply is
// null: then such a value is an error, except null itself, which leaves a T as it was.
struct Type {
  std::string_view name;                                     // for errors
  void (*clear)(void* value) = nullptr;                      // takes null; an array starts with it
  bool (*take)(void* value, const Scalar& given) = nullptr;  // false: that is no T
  Slot (*open)(void* value) = nullptr;                       // an optional: to the value within
  Slot (*add)(void* value, std::string_view key) = nullptr;  // an element, or an entry of a map
  std::span<const Field> fields{};                           // of a struct
  char bracket = '\0';                                       // '{' or '[': what a T begins with
};

// Reads `text` into `root`. Use read() of base/json.h.
//
// Cost    One pass of Boost.JSON's parser, without a tree. Allocates only for what is kept, for
//         strings with escapes, and for more than eight levels of our own types.
// Errors  In the words of Go's encoding/json where they name a field.
Result<void, Error> readInto(std::string_view text, Slot root, const ReadOptions& options);

}  // namespace gannet::json
