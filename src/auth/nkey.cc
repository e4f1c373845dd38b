#include "auth/nkey.h"

#include <sodium.h>

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

// The text form is base32 without padding of
//
//   byte 0       kind, in the upper five bits, so that it decides the first letter
//   bytes 1..32  public key
//   bytes 33,34  CRC-16/XMODEM of the bytes before, low byte first
namespace gannet::auth {
namespace {

constexpr std::uint8_t kServerKind = 13 << 3;
constexpr std::uint8_t kCurveKind = 23 << 3;
constexpr std::size_t kKeyBytes = 32;

using PublicKey = std::array<unsigned char, kKeyBytes>;

std::uint16_t crc16(std::span<const std::uint8_t> bytes) {
  std::uint32_t crc = 0;
  for (const std::uint8_t byte : bytes) {
    crc ^= static_cast<std::uint32_t>(byte) << 8U;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc & 0x8000U) != 0 ? (crc << 1U) ^ 0x1021U : crc << 1U;
    }
  }
  return static_cast<std::uint16_t>(crc);
}

// 35 bytes are exactly 56 characters: no bits are left over.
std::string base32(std::span<const std::uint8_t> bytes) {
  static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string text;
  std::uint32_t buffer = 0;
  unsigned bits = 0;
  for (const std::uint8_t byte : bytes) {
    buffer = (buffer << 8U) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += kAlphabet[(buffer >> bits) & 31U];
    }
  }
  return text;
}

std::string encode(std::uint8_t kind, const PublicKey& key) {
  std::array<std::uint8_t, 1 + kKeyBytes + 2> raw{};
  raw[0] = kind;
  std::copy(key.begin(), key.end(), raw.begin() + 1);
  const std::uint16_t crc = crc16(std::span(raw).first(1 + kKeyBytes));
  raw[1 + kKeyBytes] = static_cast<std::uint8_t>(crc & 0xffU);
  raw[2 + kKeyBytes] = static_cast<std::uint8_t>(crc >> 8U);
  return base32(raw);
}

}  // namespace

std::string newServerKey() {
  PublicKey key{};
  std::array<unsigned char, crypto_sign_SECRETKEYBYTES> secret{};
  crypto_sign_keypair(key.data(), secret.data());
  sodium_memzero(secret.data(), secret.size());
  return encode(kServerKind, key);
}

std::string newCurveKey() {
  PublicKey key{};
  PublicKey secret{};
  crypto_box_keypair(key.data(), secret.data());
  sodium_memzero(secret.data(), secret.size());
  return encode(kCurveKind, key);
}

}  // namespace gannet::auth
