#pragma once

namespace gannet {

// Whether Go prints this character as it is inside %q: letters, marks, numbers, punctuation,
// symbols (Unicode 15.0) and the ASCII blank.
//
// Cost  One comparison for ASCII, a binary search in a table of 711 ranges for the rest.
[[nodiscard]] bool isPrintable(char32_t rune);

}  // namespace gannet
