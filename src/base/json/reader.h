#pragma once

#include "base/clock.h"
#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace gannet::json {

enum class KeyCase : std::uint8_t { any, exact };

enum class UnknownKeys : std::uint8_t { ignored, refused };

struct ReadOptions {
  KeyCase key_case = KeyCase::any;  // `any` folds as Go does
  UnknownKeys unknown_keys = UnknownKeys::ignored;
  std::size_t max_bytes = std::size_t{64} << 20;
  std::size_t max_depth = 10'000;  // of nested arrays and objects, known and unknown: Go's limit
};

class Reader;

// How the member `name` of a described struct is read into the struct at `object`.
struct Field {
  std::string_view name;
  void (*read)(Reader& reader, void* object);
};

// Takes one value after the other from a text. The first error sticks: from then on every call
// does nothing, and the caller asks once, at the end. Use read() below.
class Reader {
 public:
  Reader(std::string_view text, const ReadOptions& options);

  bool null();  // true, and past it, if the next value is null
  void boolean(bool& value);
  void integer(std::int64_t& value, std::int64_t min, std::int64_t max);
  void integer(std::uint64_t& value, std::uint64_t max);
  void number(double& value);
  void text(std::string& value);
  void time(WallTime& value);
  void skip();  // one value of any kind, without recursion

  void object(std::span<const Field> fields, void* object);

  // Calls `entry` for each key and `element` for each place; both read exactly one value.
  void map(void (*entry)(Reader& reader, std::string&& key, void* map), void* map);
  void array(void (*element)(Reader& reader, void* vector), void* vector);

  // An error at the value just read: what was expected in its place.
  void expected(std::string_view what);

  [[nodiscard]] bool failed() const { return !error_.empty(); }

  // The first error, if any; trailing bytes other than blanks are one.
  [[nodiscard]] Result<void, Error> finish();

 private:
  void fail(std::string text);
  char peek();
  bool take(char c);
  bool enter(char bracket, std::string_view what);
  bool next(char closer, bool& is_first);
  bool key(std::string& name);
  std::string_view integerToken();
  std::string_view numberToken();
  void scanString(std::string* value);
  void scanEscape(std::string* value);
  unsigned scanHex();
  void scanScalar();
  void literal(std::string_view word);

  std::string_view text_;
  ReadOptions options_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::string path_;   // of the field that failed
  std::string error_;  // empty: none
};

}  // namespace gannet::json
