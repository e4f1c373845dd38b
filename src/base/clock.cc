#include "base/clock.h"

namespace gannet {

MonoTime monoNow() {
  return std::chrono::steady_clock::now();
}

WallTime wallNow() {
  return std::chrono::system_clock::now();
}

}  // namespace gannet
