#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gannet {

// One character of UTF-8 text, or a byte that is not part of any.
struct Rune {
  char32_t value = 0;
  std::uint8_t size = 0;  // bytes taken: 1 to 4
  bool valid = false;     // false: one byte, and `value` is that byte
};

// The character at the start of `text`, which must not be empty. Overlong forms, surrogates and
// values above U+10FFFF are invalid, one byte at a time, as in Go.
//
//   0xxxxxxx                             up to U+007F
//   110xxxxx 10xxxxxx                    up to U+07FF; leads C0 and C1 would be overlong
//   1110xxxx 10xxxxxx 10xxxxxx           up to U+FFFF, without the surrogates
//   11110xxx 10xxxxxx 10xxxxxx 10xxxxxx  up to U+10FFFF: leads above F4 are beyond it
constexpr Rune decodeRune(std::string_view text) {
  const auto byteAt = [&](std::size_t i) -> char32_t {
    return static_cast<unsigned char>(text[i]);
  };
  const char32_t lead = byteAt(0);
  if (lead < 0x80) return {lead, 1, true};

  // The lead says how many bytes there should be; its bits below the length are the first of value.
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < size) return {lead, 1, false};
  char32_t value = lead & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byteAt(i) & 0xC0U) != 0x80) return {lead, 1, false};
    value = (value << 6U) | (byteAt(i) & 0x3FU);
  }
  // What remains: forms longer than need be, and values that are no characters.
  const bool is_overlong = (size == 3 && value < 0x800) || (size == 4 && value < 0x10000);
  const bool is_surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (is_overlong || is_surrogate || value > 0x10FFFF) return {lead, 1, false};
  return {value, static_cast<std::uint8_t>(size), true};
}

// Appends the UTF-8 form of `rune`, a Unicode scalar value: one to four bytes, in the forms above.
// Whether it is a scalar value is not checked.
inline void appendRune(std::string& out, char32_t rune) {
  const auto put = [&](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (rune < 0x80) return put(rune);
  if (rune < 0x800) {
    put(0xC0U | (rune >> 6U));
  } else {
    if (rune < 0x10000) {
      put(0xE0U | (rune >> 12U));
    } else {
      put(0xF0U | (rune >> 18U));
      put(0x80U | ((rune >> 12U) & 0x3FU));
    }
    put(0x80U | ((rune >> 6U) & 0x3FU));
  }
  put(0x80U | (rune & 0x3FU));
}

}  // namespace gannet
