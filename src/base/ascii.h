#pragma once

#include <algorithm>
#include <string_view>

namespace gannet {

// The small letter of a capital one; other characters, and bytes beyond ASCII, as they are. Unlike
// std::tolower() it asks no locale, and takes any char.
[[nodiscard]] constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// True if both are the same but for the case of ASCII letters.
[[nodiscard]] constexpr bool equalFold(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace gannet
