#pragma once

#include "base/json/read_described.h"
#include "base/json/reader.h"
#include "base/json/write_described.h"
#include "base/json_writer.h"
#include "base/result.h"

#include <string>
#include <string_view>

// JSON of described structs: BOOST_DESCRIBE_STRUCT names the members once, and reading, writing
// and the errors follow. Both directions follow Go's encoding/json, because its bytes are what
// clients and tools of the reference have learnt to expect.
//
//   struct or class, described   object; bases first, members in the order described
//   Omit<T>                      as T, but absent when it holds T's empty value
//   std::optional<T>             as T, or null
//   std::vector<T>               array
//   std::map<std::string, T>     object with sorted keys
//   enum, described              string: the enumerator's name
//   std::chrono::nanoseconds     integer
//   Bytes                        string of base64; a vector of std::uint8_t
//   WallTime                     RFC 3339 string, UTC when written; WallTime{} is Go's zero time
//   bool, integers, floats, std::string as one expects
//
// A trailing '_' of an enumerator or member (a word that C++ keeps for itself) is not on the wire.
namespace gannet::json {

// Appends `value` to `out`.
template <class T>
void writeTo(std::string& out, const T& value, Style style = Style::compact) {
  Writer writer(out, style);
  writeValue(writer, value);
}

// The whole document as a string.
template <class T>
[[nodiscard]] std::string write(const T& value, Style style = Style::compact) {
  std::string out;
  writeTo(out, value, style);
  return out;
}

// Decodes `text` on top of `into`: what it does not mention keeps its value, as does what it gives
// as null (an optional, vector or map becomes empty instead); a map's new keys join the old ones;
// a vector is replaced. Keys find their members in any case of ASCII letters. Of a key given twice
// the last one holds.
//
// Errors  json: unknown field "x"
//         json: cannot unmarshal string into field limits.max of type int64
//         invalid JSON at byte 7: syntax error
//         `into` may then be changed in part.
template <class T>
[[nodiscard]] Result<void, Error> read(std::string_view text, T& into,
                                       const ReadOptions& options = {}) {
  return readInto(text, slotOf(into), options);
}

// Likewise, on top of T's defaults.
template <class T>
[[nodiscard]] Result<T, Error> read(std::string_view text, const ReadOptions& options = {}) {
  T value{};
  const auto done = read(text, value, options);
  if (!done) return done.error();
  return value;
}

}  // namespace gannet::json
