#include "bench/histogram.h"

#include "base/rng.h"
#include "tests/unit/seeds.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <vector>

namespace gannet::bench {
namespace {

using std::chrono::nanoseconds;

TEST(Histogram, HasNothingToSayWhenNothingWasRecorded) {
  const Histogram histogram;

  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.min(), nanoseconds{0});
  EXPECT_EQ(histogram.max(), nanoseconds{0});
  EXPECT_EQ(histogram.mean(), nanoseconds{0});
  EXPECT_EQ(histogram.quantile(0.5), nanoseconds{0});
}

TEST(Histogram, GivesBackASingleValueExactly) {
  for (const std::int64_t value : {0L, 1L, 127L, 128L, 129L, 255L, 256L, 1'000'003L, INT64_MAX}) {
    Histogram histogram;
    histogram.record(nanoseconds{value});

    EXPECT_EQ(histogram.min().count(), value);
    EXPECT_EQ(histogram.max().count(), value);
    EXPECT_EQ(histogram.mean().count(), value);
    for (const double share : {0.0, 0.5, 1.0}) {
      EXPECT_EQ(histogram.quantile(share).count(), value);
    }
  }
}

TEST(Histogram, CountsANegativeDurationAsZero) {
  Histogram histogram;
  histogram.record(nanoseconds{-5});

  EXPECT_EQ(histogram.count(), 1U);
  EXPECT_EQ(histogram.max(), nanoseconds{0});
}

TEST(Histogram, GivesSmallValuesExactlyAtEveryShare) {
  Histogram histogram;
  for (int value = 100; value >= 1; --value)
    histogram.record(nanoseconds{value});

  for (int percent = 1; percent <= 100; ++percent) {
    EXPECT_EQ(histogram.quantile(percent / 100.0).count(), percent);
  }
}

TEST(Histogram, StaysWithinABucketOfTheSortedValues) {
  forEachSeed(50, [](Rng& rng) {
    Histogram histogram;
    std::vector<std::int64_t> values;
    for (int i = 0; i < 500; ++i) {
      const auto value = static_cast<std::int64_t>(rng.next() >> (1 + rng.below(62)));
      values.push_back(value);
      histogram.record(nanoseconds{value});
    }
    std::sort(values.begin(), values.end());

    for (const double share : {0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1.0}) {
      const auto rank = static_cast<std::size_t>(std::ceil(share * 500)) - 1;
      const auto exact = static_cast<double>(values[rank]);
      const auto found = static_cast<double>(histogram.quantile(share).count());
      EXPECT_GE(found, exact);
      EXPECT_LE(found, exact * (1 + 1.0 / 128) + 1);
    }
    EXPECT_EQ(histogram.quantile(1).count(), values.back());
  });
}

}  // namespace
}  // namespace gannet::bench
