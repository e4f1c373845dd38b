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

bool isBcryptMatch(const std::string& hash, const std::string& given) {
  if (given.find('\0') != std::string::npos) return false;  // crypt_r() would not look behind it
  // crypt_data is 32 KiB: too much for a coroutine's or a small thread's stack.
  const auto scratch = std::make_unique<crypt_data>();
  const char* const computed = crypt_r(given.c_str(), hash.c_str(), scratch.get());
  return computed != nullptr && isEqual(computed, hash);
}

}  // namespace

bool isBcrypt(std::string_view secret) {
  return secret.starts_with("$2a$") || secret.starts_with("$2b$") || secret.starts_with("$2x$") ||
         secret.starts_with("$2y$");
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
