#include "bench/token_counter.h"

#include <cstdint>

namespace gannet::bench {
namespace {

constexpr std::uint64_t kBase = 36;
constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyz";

constexpr std::uint64_t countAll() {
  std::uint64_t count = 1;
  for (std::size_t i = 0; i < TokenCounter::kSize; ++i)
    count *= kBase;
  return count;
}

}  // namespace

TokenCounter::TokenCounter(std::size_t index, std::size_t count) {
  std::uint64_t number = countAll() / count * index;
  for (std::size_t at = kSize; at-- > 0; number /= kBase)
    token_[at] = kDigits[number % kBase];
}

}  // namespace gannet::bench
