#pragma once

#include "base/clock.h"
#include "base/json/base64.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gannet::json {

enum class Style : std::uint8_t {
  compact,  // no blanks
  pretty,   // two blanks a level, as Go's json.MarshalIndent(value, "", "  ")
  wide,     // likewise, three blanks
};

// Appends JSON tokens to a string and places commas and line breaks. Use write() below; a Writer of
// one's own is for documents that no struct describes.
class Writer {
 public:
  Writer(std::string& out, Style style) : out_(out), style_(style) {}

  void open(char bracket);          // '{' or '['
  void close(char bracket);         // '}' or ']'
  void key(std::string_view name);  // in an object, before each value
  void element();                   // in an array, before each value

  void null();
  void boolean(bool value);
  void integer(std::int64_t value);
  void integer(std::uint64_t value);
  void number(double value);  // the shortest that reads back; not a number is written as null
  void text(std::string_view value);  // bytes that are not UTF-8 become \ufffd
  void time(WallTime value);
  void base64(const Bytes& value);

 private:
  void separate();
  void breakLine();

  std::string& out_;
  std::size_t depth_ = 0;
  Style style_;
  bool is_first_ = true;  // in the innermost open bracket
};

}  // namespace gannet::json
