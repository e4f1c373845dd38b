#pragma once

#include "base/clock.h"
#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace gannet::json {

// How the keys of an object find their members: in any case, as in Go, or letter by letter.
enum class KeyCase : std::uint8_t { any, exact };

// What becomes of a key that no member has.
enum class UnknownKeys : std::uint8_t { ignored, refused };

// What a document may look like, and how large it may be. The defaults are Go's manners.
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

// Takes one value after the other from a text. The first error sticks: from then on every call does
// nothing, and the caller asks once, at the end. A scalar that is not taken leaves its target as
// it was. Use read() of base/json.h, unless no struct describes the document.
//
// Threads  One owner. The text outlives the reader.
// Cost     One pass, no tree. Stack for the nesting of our own types only, whatever the text holds.
class Reader {
 public:
  Reader(std::string_view text, const ReadOptions& options);

  // True, and past it, if the next value is null. Anything else is left for the next call.
  bool null();

  // Each takes one value of its kind; another kind, or a number out of bounds, is an error. Bounds
  // are inclusive. Bytes in a string that are not UTF-8 become U+FFFD.
  void boolean(bool& value);
  void integer(std::int64_t& value, std::int64_t min, std::int64_t max);
  void integer(std::uint64_t& value, std::uint64_t max);
  void number(double& value);
  void text(std::string& value);
  void time(WallTime& value);
  void skip();  // one value of any kind, without recursion

  // Reads an object into the members that `fields` name; of repeated keys the last one holds.
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
  // The scanner, from the errors down to single tokens. at_ stands behind what was taken.
  void fail(std::string text);
  char peek();
  bool take(char c);
  // Into a bracket, counting the depth, and to its next entry or past its end.
  bool enter(char bracket, std::string_view what);
  bool next(char closer, bool& is_first);
  bool key(std::string& name);
  // Tokens; strings go into `value`, or nowhere where it is null.
  std::string_view integerToken();
  std::string_view numberToken();
  void scanString(std::string* value);
  void scanEscape(std::string* value);
  unsigned scanHex();
  void scanScalar();
  void literal(std::string_view word);

  std::string_view text_;
  ReadOptions options_;
  std::size_t at_ = 0;     // the next byte
  std::size_t depth_ = 0;  // of open brackets
  std::string path_;       // of the field that failed
  std::string error_;      // empty: none
};

}  // namespace gannet::json
