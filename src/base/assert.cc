#include "base/assert.h"

#include "base/machine/fatal_signal.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

namespace gannet {

void assertionFailed(const char* condition, const char* file, int line) {
  std::array<char, 1024> text{};
  const int size = std::snprintf(text.data(), text.size(), "%s:%d: assertion failed: %s\n", file,
                                 line, condition);
  writeFatalReport({text.data(), std::min(static_cast<std::size_t>(size), text.size() - 1)});
  std::abort();
}

}  // namespace gannet
