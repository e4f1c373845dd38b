#include "auth/nkey.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace gannet::auth {
namespace {

std::optional<std::vector<std::uint8_t>> fromBase32(std::string_view text) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::vector<std::uint8_t> bytes;
  std::uint64_t buffer = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const std::size_t digit = kAlphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    buffer = buffer << 5U | digit;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push_back(static_cast<std::uint8_t>(buffer >> bits));
  }
  return bytes;
}

// CRC-16/XMODEM bit by bit, as polynomial division of the message with 16 zero bits behind it.
std::uint16_t crcOf(std::vector<std::uint8_t> bytes) {
  bytes.insert(bytes.end(), {0, 0});
  std::uint32_t rest = 0;
  for (const std::uint8_t byte : bytes) {
    for (int bit = 7; bit >= 0; --bit) {
      rest = rest << 1U | (static_cast<unsigned>(byte) >> static_cast<unsigned>(bit) & 1U);
      if ((rest & 0x10000U) != 0) rest ^= 0x11021U;
    }
  }
  return static_cast<std::uint16_t>(rest);
}

void expectNkey(const std::string& key, char letter, std::uint8_t kind) {
  SCOPED_TRACE(key);
  EXPECT_EQ(key.size(), 56U);
  EXPECT_EQ(key[0], letter);
  auto bytes = fromBase32(key);
  ASSERT_TRUE(bytes.has_value());
  ASSERT_EQ(bytes->size(), 35U);
  EXPECT_EQ(bytes->front(), kind);
  const auto crc = static_cast<std::uint16_t>((*bytes)[33] | (*bytes)[34] << 8);
  bytes->resize(33);
  EXPECT_EQ(crc, crcOf(*bytes));
}

TEST(Nkey, IsCheckedWithTheCrcOfTheCatalogue) {
  EXPECT_EQ(crcOf({'1', '2', '3', '4', '5', '6', '7', '8', '9'}), 0x31C3);
}

TEST(Nkey, NamesAServer) {
  for (int i = 0; i < 20; ++i)
    expectNkey(newServerKey(), 'N', 13 << 3);
}

TEST(Nkey, NamesACurveKey) {
  for (int i = 0; i < 20; ++i)
    expectNkey(newCurveKey(), 'X', 23 << 3);
}

TEST(Nkey, IsNewEachTime) {
  std::set<std::string> keys;
  for (int i = 0; i < 50; ++i) {
    keys.insert(newServerKey());
    keys.insert(newCurveKey());
  }
  EXPECT_EQ(keys.size(), 100U);
}

}  // namespace
}  // namespace gannet::auth
