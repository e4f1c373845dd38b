#pragma once

#include "config/language/value.h"

#include <cstddef>
#include <string_view>

namespace gannet::config {

// Reads configuration text byte by byte and knows where it is. A NUL byte is the end of the text;
// skipNul() goes on behind it where the reference does.
//
// Both texts outlive the cursor. Nothing here fails: at the end everything stays where it is.
class Cursor {
 public:
  Cursor(std::string_view text, std::string_view file) : text_(text), file_(file) {}

  // The byte here, or NUL at the end.
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  // Also before a NUL byte.
  [[nodiscard]] bool atEnd() const { return at_ >= text_.size() || text_[at_] == '\0'; }

  // Steps over a NUL byte. False at the real end of the text.
  bool skipNul() {
    if (at_ >= text_.size() || text_[at_] != '\0') return false;
    ++at_;
    return true;
  }

  // Steps over `count` bytes; at the end it stays.
  void advance(std::size_t count = 1);

  // The Unicode character here as it stands in the text, "\n" for a newline, one NUL at the end:
  // what an error message shows.
  [[nodiscard]] std::string_view shown() const;

  // The length of the Unicode space here in bytes, 0 if it is none.
  [[nodiscard]] std::size_t spaceSize() const;

  void skipSpaces();  // Unicode spaces, newlines among them
  void skipBlanks();  // space and tab

  [[nodiscard]] std::size_t offset() const { return at_; }

  // What was read since offset() was `offset`: a view into the text.
  [[nodiscard]] std::string_view since(std::size_t offset) const {
    return text_.substr(offset, at_ - offset);
  }

  // From 1.
  [[nodiscard]] int line() const { return line_; }

  [[nodiscard]] Position position() const {
    return {file_, line_, static_cast<int>(at_ - line_start_)};
  }

 private:
  std::string_view text_;
  std::string_view file_;
  std::size_t at_ = 0;
  std::size_t line_start_ = 0;  // of the newline before this line: hence columns from 1
  int line_ = 1;
};

// The classes of bytes that the grammar tells apart. Spec: config-and-cli §1.3
[[nodiscard]] constexpr bool isBlank(char c) {
  return c == ' ' || c == '\t';
}

[[nodiscard]] constexpr bool isNewline(char c) {
  return c == '\n' || c == '\r';
}

[[nodiscard]] constexpr bool isDigit(char c) {
  return c >= '0' && c <= '9';
}

[[nodiscard]] constexpr bool isSeparator(char c) {
  return c == '=' || c == ':';
}

}  // namespace gannet::config
