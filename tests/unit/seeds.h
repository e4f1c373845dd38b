#pragma once

#include "base/rng.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>

namespace gannet {

// Runs `body(Rng&)` with `count` seeds, and stops at the first failure, which names its seed.
// GANNET_SEED=<number> in the environment runs that seed alone.
template <class Body>
void forEachSeed(std::uint64_t count, Body&& body) {
  std::uint64_t first = 1;
  if (const char* const only = std::getenv("GANNET_SEED"); only != nullptr) {
    first = std::strtoull(only, nullptr, 10);
    count = 1;
  }
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    SCOPED_TRACE(testing::Message() << "GANNET_SEED=" << seed);
    Rng rng(seed);
    body(rng);
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace gannet
