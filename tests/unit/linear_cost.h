#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <ctime>
#include <functional>
#include <limits>
#include <string>

namespace gannet {

// Processor time of this thread that `work` takes: the least of a few runs, in nanoseconds.
inline double leastCost(const std::function<void()>& work) {
  const auto now = [] {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
  };
  constexpr int kRuns = 3;
  double least = std::numeric_limits<double>::max();
  for (int run = 0; run < kRuns; ++run) {
    const double start = now();
    work();
    least = std::min(least, now() - start);
  }
  return least;
}

// Fails if `parse` takes much longer than in proportion for an input eight times as long. `make`
// builds an input of about `size` bytes. A quadratic parser takes 64 times as long; memory that no
// longer fits a cache makes a linear one take 16 times.
inline void expectLinear(const std::function<std::string(std::size_t size)>& make,
                         const std::function<void(const std::string&)>& parse,
                         std::size_t size = std::size_t{1} << 15U) {
  const std::string small = make(size);
  const std::string large = make(8 * size);
  const double small_cost = leastCost([&] { parse(small); });
  const double large_cost = leastCost([&] { parse(large); });
  EXPECT_LT(large_cost, 32 * small_cost) << "begins with: " << small.substr(0, 60);
}

// `unit` again and again, up to about `size` bytes, each time with "#" replaced by a new number.
inline std::string numbered(std::string_view unit, std::size_t size) {
  std::string text;
  for (int number = 0; text.size() < size; ++number) {
    for (const char c : unit) {
      if (c == '#') {
        text += std::to_string(number);
      } else {
        text += c;
      }
    }
  }
  return text;
}

}  // namespace gannet
