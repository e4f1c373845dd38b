#include "config/language/cursor.h"

#include "base/utf8.h"

namespace gannet::config {
namespace {

constexpr bool isUnicodeSpace(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

}  // namespace

void Cursor::advance(std::size_t count) {
  for (; count > 0 && !atEnd(); --count) {
    if (text_[at_] == '\n') {
      ++line_;
      line_start_ = at_;
    }
    ++at_;
  }
}

std::string_view Cursor::shown() const {
  if (atEnd()) return {"\0", 1};
  if (text_[at_] == '\n') return "\\n";
  return text_.substr(at_, decodeRune(text_.substr(at_)).size);
}

std::size_t Cursor::spaceSize() const {
  if (atEnd()) return 0;
  const Rune rune = decodeRune(text_.substr(at_));
  return rune.valid && isUnicodeSpace(rune.value) ? rune.size : 0;
}

void Cursor::skipSpaces() {
  while (const std::size_t size = spaceSize())
    advance(size);
}

void Cursor::skipBlanks() {
  while (isBlank(peek()))
    advance();
}

}  // namespace gannet::config
