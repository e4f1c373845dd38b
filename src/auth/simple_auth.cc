#include "auth/simple_auth.h"

#include <sodium.h>

#include <array>
#include <memory>

#include <crypt.h>

namespace gannet::auth {
namespace {

bool isEqual(std::string_view a, std::string_view b) {
  // Hashes of equal length are compared, so the time tells nothing about the secret's length.
  std::array<unsigned char, crypto_generichash_BYTES> digest_a{};
  std::array<unsigned char, crypto_generichash_BYTES> digest_b{};
  const auto hash = [](std::string_view text, auto& digest) {
    crypto_generichash(digest.data(), digest.size(),
                       reinterpret_cast<const unsigned char*>(text.data()), text.size(), nullptr,
                       0);
  };
  hash(a, digest_a);
  hash(b, digest_b);
  return sodium_memcmp(digest_a.data(), digest_b.data(), digest_a.size()) == 0;
}

// A hash is "$2a$10$", 22 letters of salt and 31 of digest.
constexpr std::size_t kCostEnd = 7;
constexpr std::size_t kSaltEnd = kCostEnd + 22;
constexpr std::size_t kDigestSize = 31;
constexpr std::size_t kHashSize = kSaltEnd + kDigestSize;

// The key schedule of bcrypt looks at no more, but crypt_r() refuses what is longer than 512 bytes.
constexpr std::size_t kMaxPassword = 72;

// As Go's bcrypt reads a hash: all variants are the one that crypt_r() calls 2b, the digest alone
// is compared, as spare bits of the salt's last letter may differ, and what follows is not looked
// at.
bool isBcryptMatch(const std::string& hash, const std::string& given) {
  if (hash.size() < kHashSize) return false;
  if (given.find('\0') != std::string::npos) return false;  // crypt_r() would not look behind it
  const std::string setting = "$2b" + hash.substr(3, kSaltEnd - 3);
  const std::string password = given.substr(0, kMaxPassword);
  // crypt_data is 32 KiB: too much for a coroutine's or a small thread's stack.
  const auto scratch = std::make_unique<crypt_data>();
  const char* const computed = crypt_r(password.c_str(), setting.c_str(), scratch.get());
  if (computed == nullptr) return false;
  const std::string_view text(computed);
  return text.size() == kHashSize &&
         isEqual(text.substr(kSaltEnd), std::string_view(hash).substr(kSaltEnd, kDigestSize));
}

constexpr bool isDigit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

bool isBcrypt(std::string_view secret) {
  return secret.size() >= kCostEnd && secret.starts_with("$2") &&
         std::string_view("abxy").find(secret[2]) != std::string_view::npos && secret[3] == '$' &&
         isDigit(secret[4]) && isDigit(secret[5]) && secret[6] == '$';
}

bool checkSecret(const std::string& configured, const std::string& given) {
  if (isBcrypt(configured)) return isBcryptMatch(configured, given);
  return isEqual(configured, given);
}

bool matches(const Credentials& configured, const Credentials& given) {
  if (!configured.token.empty()) return checkSecret(configured.token, given.token);
  if (!isEqual(configured.user, given.user)) return false;
  return checkSecret(configured.password, given.password);
}

bool isSlow(const Credentials& configured) {
  return isBcrypt(configured.token) || isBcrypt(configured.password);
}

}  // namespace gannet::auth
