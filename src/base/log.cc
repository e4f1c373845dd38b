#include "base/log.h"

#include <cstdio>

namespace gannet::log {

bool enabled(Level level) { return level != Level::debug && level != Level::trace; }

void write(Level level, std::string_view text) {
  static constexpr const char* kNames[] = {"INF", "WRN", "ERR", "FTL", "DBG", "TRC"};
  fmt::print(stderr, "[{}] {}\n", kNames[static_cast<unsigned>(level)], text);
}

}  // namespace gannet::log
