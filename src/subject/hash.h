#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace gannet::subject {

__extension__ using Wide = unsigned __int128;

// Folds the 128-bit product of two words into one: every bit of both reaches every bit of the
// result.
inline std::uint64_t foldedProduct(std::uint64_t a, std::uint64_t b) {
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

// The bytes at `from` as a number in the machine's own order: hashes never leave the process.
template <class Word>
std::uint64_t loadWord(const char* from) {
  Word word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

// A hash of short text, in the manner of wyhash: 16 bytes a multiplication, the last ones read
// overlapping instead of byte by byte. Whoever does not know `seed` cannot aim at collisions
// cheaply; it is not a cryptographic hash.
//
// Cost     About 2 ns for 20 bytes.
inline std::uint64_t hashText(std::string_view text, std::uint64_t seed) {
  constexpr std::uint64_t kA = 0x9e3779b97f4a7c15U;  // odd constants with half their bits set
  constexpr std::uint64_t kB = 0xd6e8feb86659fd93U;
  const char* at = text.data();
  std::size_t left = text.size();
  std::uint64_t state = seed ^ kA;
  // 16 bytes a step, the last 16 or fewer below.
  for (; left > 16; left -= 16, at += 16) {
    state =
        foldedProduct(loadWord<std::uint64_t>(at) ^ kB, loadWord<std::uint64_t>(at + 8) ^ state);
  }
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  // Two words that overlap cover 8 to 16 bytes, or 4 to 8; fewer are put together by hand.
  if (left >= 8) {
    a = loadWord<std::uint64_t>(at);
    b = loadWord<std::uint64_t>(at + left - 8);
  } else if (left >= 4) {
    a = loadWord<std::uint32_t>(at);
    b = loadWord<std::uint32_t>(at + left - 4);
  } else if (left > 0) {
    a = static_cast<unsigned char>(at[0]);
    b = static_cast<std::uint64_t>(static_cast<unsigned char>(at[left / 2])) << 8U |
        static_cast<unsigned char>(at[left - 1]);
  }
  // The size tells texts apart that differ in NUL bytes at the end only.
  return foldedProduct(kA ^ text.size(), foldedProduct(a ^ kB, b ^ state));
}

}  // namespace gannet::subject
