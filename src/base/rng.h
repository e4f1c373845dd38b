#pragma once

#include <cstdint>

namespace gannet {

// A small fast generator for choices that need fairness, not secrecy (queue members, jitter).
// Deterministic from its seed. Secrets come from libsodium. (xoshiro256** by Blackman and Vigna.)
//
// Threads  One owner.
class Rng {
 public:
  explicit Rng(std::uint64_t seed);

  std::uint64_t next();

  // Uniform in [0, bound); 0 for a bound of 0. Lemire's multiply-shift: the bias is below 2^-32 for
  // the small bounds used here.
  std::uint32_t below(std::uint32_t bound);

 private:
  std::uint64_t state_[4] = {};
};

// A seed from the operating system.
[[nodiscard]] std::uint64_t randomSeed();

}  // namespace gannet
