#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace gannet::bench {

// Tokens of one length, none of which comes twice: a number that counts up. They look like the last
// tokens of the inboxes that clients make.
//
// Cost  advance: about a nanosecond.
class TokenCounter {
 public:
  static constexpr std::size_t kSize = 8;  // 36^8 of them: two days at ten million a second

  // Begins with zero.
  TokenCounter() { token_.fill('0'); }

  // Begins with the first number of part `index` when all numbers are dealt to `count` equal ones.
  TokenCounter(std::size_t index, std::size_t count);

  // Valid until the next advance().
  [[nodiscard]] std::string_view token() const { return {token_.data(), token_.size()}; }

  void advance() {
    for (std::size_t at = kSize; at-- > 0;) {
      char& digit = token_[at];
      if (digit != 'z') {
        digit = digit == '9' ? 'a' : static_cast<char>(digit + 1);
        return;
      }
      digit = '0';
    }
  }

 private:
  std::array<char, kSize> token_{};
};

}  // namespace gannet::bench
