#include "base/json/base64.h"

#include <sodium.h>

namespace gannet::json {
namespace {

constexpr int kVariant = sodium_base64_VARIANT_ORIGINAL;

}  // namespace

void appendBase64(std::string& out, const Bytes& bytes) {
  const std::size_t before = out.size();
  const std::size_t size = sodium_base64_ENCODED_LEN(bytes.size(), kVariant);  // with a NUL
  out.resize(before + size);
  sodium_bin2base64(out.data() + before, size, bytes.data(), bytes.size(), kVariant);
  out.pop_back();
}

std::optional<Bytes> parseBase64(std::string_view text) {
  Bytes bytes(text.size() / 4 * 3 + 1);  // never empty: libsodium takes no null pointer
  std::size_t size = 0;
  const int code = sodium_base642bin(bytes.data(), bytes.size(), text.data(), text.size(), "\r\n",
                                     &size, nullptr, kVariant);
  if (code != 0) return std::nullopt;
  bytes.resize(size);
  return bytes;
}

}  // namespace gannet::json
