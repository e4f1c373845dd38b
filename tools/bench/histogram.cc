#include "bench/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace gannet::bench {

std::size_t Histogram::bucketOf(std::uint64_t value) {
  if (value < kFractions) return static_cast<std::size_t>(value);
  const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - kFractionBits - 1;
  const std::size_t fraction = static_cast<std::size_t>(value >> shift) - kFractions;
  return (shift + 1) * kFractions + fraction;
}

std::uint64_t Histogram::lastOf(std::size_t bucket) {
  if (bucket < kFractions) return bucket;
  const std::size_t shift = bucket / kFractions - 1;
  const std::uint64_t first = std::uint64_t{bucket % kFractions + kFractions} << shift;
  return first + ((std::uint64_t{1} << shift) - 1);
}

void Histogram::record(std::chrono::nanoseconds value) {
  const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(value.count(), 0));
  ++buckets_[bucketOf(ns)];
  ++count_;
  sum_ns_ += ns;
  min_ns_ = std::min(min_ns_, ns);
  max_ns_ = std::max(max_ns_, ns);
}

std::chrono::nanoseconds Histogram::quantile(double share) const {
  if (count_ == 0) return std::chrono::nanoseconds{0};
  // Without the millionth 0.07 of 100 would be the eighth: the product is a little above 7.
  const double exact = std::clamp(share, 0.0, 1.0) * static_cast<double>(count_);
  const double wanted = std::ceil(exact - 1e-6);
  const auto rank = std::max<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1);
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
    seen += buckets_[bucket];
    if (seen >= rank) {
      return std::chrono::nanoseconds{static_cast<std::int64_t>(std::min(lastOf(bucket), max_ns_))};
    }
  }
  return max();
}

std::chrono::nanoseconds Histogram::min() const {
  return std::chrono::nanoseconds{count_ == 0 ? 0 : static_cast<std::int64_t>(min_ns_)};
}

std::chrono::nanoseconds Histogram::max() const {
  return std::chrono::nanoseconds{static_cast<std::int64_t>(max_ns_)};
}

std::chrono::nanoseconds Histogram::mean() const {
  return std::chrono::nanoseconds{count_ == 0 ? 0 : static_cast<std::int64_t>(sum_ns_ / count_)};
}

}  // namespace gannet::bench
