#include "base/rng.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <set>
#include <vector>

namespace gannet {
namespace {

std::vector<std::uint64_t> firstOf(std::uint64_t seed, std::size_t count) {
  Rng rng(seed);
  std::vector<std::uint64_t> values(count);
  for (std::uint64_t& value : values)
    value = rng.next();
  return values;
}

// splitmix64 of the seed, then xoshiro256**, both as published, step by step.
TEST(Rng, IsXoshiro256StarStar) {
  const auto rotl = [](std::uint64_t x, unsigned k) { return (x << k) | (x >> (64U - k)); };
  std::uint64_t seed = 42;
  std::array<std::uint64_t, 4> s{};
  for (std::uint64_t& word : s) {
    seed += 0x9e3779b97f4a7c15U;
    std::uint64_t z = seed;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    word = z ^ (z >> 31U);
  }
  Rng rng(42);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(rng.next(), rotl(s[1] * 5, 7) * 9);
    const std::uint64_t t = s[1] << 17U;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 45);
  }
}

TEST(Rng, RepeatsItselfFromItsSeedAlone) {
  EXPECT_EQ(firstOf(7, 100), firstOf(7, 100));
  EXPECT_NE(firstOf(7, 100), firstOf(8, 100));
  EXPECT_NE(firstOf(0, 4), std::vector<std::uint64_t>(4, 0));
}

TEST(Rng, StaysBelowItsBound) {
  Rng rng(1);
  for (const std::uint32_t bound : {1U, 2U, 3U, 10U, 1000U, 0x80000001U, 0xffffffffU}) {
    for (int i = 0; i < 1000; ++i)
      EXPECT_LT(rng.below(bound), bound);
  }
  EXPECT_EQ(rng.below(0), 0U);
}

TEST(Rng, ChoosesFairly) {
  constexpr int kRounds = 100000;
  constexpr std::uint32_t kSides = 10;
  Rng rng(3);
  std::array<int, kSides> seen{};
  for (int i = 0; i < kRounds; ++i)
    ++seen[rng.below(kSides)];
  // 100000 throws of ten sides: a standard deviation of 95, so 5 of them never happen.
  for (const int count : seen)
    EXPECT_NEAR(count, kRounds / static_cast<int>(kSides), 475);
}

TEST(RandomSeed, IsDifferentEachTime) {
  std::set<std::uint64_t> seeds;
  for (int i = 0; i < 100; ++i)
    seeds.insert(randomSeed());
  EXPECT_EQ(seeds.size(), 100U);
}

}  // namespace
}  // namespace gannet
