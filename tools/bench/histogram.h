#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace gannet::bench {

// Durations, counted in buckets whose width grows with their value: each power of two is cut into
// 128, so what is read back is at most 1/128 above what was recorded, from 1 ns to 584 years.
//
// Cost  record: a shift and an increment. 58 KiB each.
class Histogram {
 public:
  // A negative duration counts as zero.
  void record(std::chrono::nanoseconds value);

  // The least duration that at least `share` (0 to 1) of the recorded ones do not exceed, rounded
  // up to its bucket's end but never above max(). Zero when nothing was recorded.
  [[nodiscard]] std::chrono::nanoseconds quantile(double share) const;

  [[nodiscard]] std::uint64_t count() const { return count_; }

  [[nodiscard]] std::chrono::nanoseconds min() const;
  [[nodiscard]] std::chrono::nanoseconds max() const;
  [[nodiscard]] std::chrono::nanoseconds mean() const;

 private:
  static constexpr unsigned kFractionBits = 7;
  static constexpr std::size_t kFractions = 1U << kFractionBits;
  // Values below kFractions have a bucket each; every further power of two has kFractions.
  static constexpr std::size_t kBuckets = (64 - kFractionBits + 1) * kFractions;

  static std::size_t bucketOf(std::uint64_t value);
  static std::uint64_t lastOf(std::size_t bucket);

  std::array<std::uint64_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t sum_ns_ = 0;
  std::uint64_t min_ns_ = UINT64_MAX;
  std::uint64_t max_ns_ = 0;
};

}  // namespace gannet::bench
