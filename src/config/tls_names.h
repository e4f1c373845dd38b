#pragma once

#include <span>
#include <string_view>

namespace gannet::config {

// A cipher suite by the name that configuration files use, and by OpenSSL's.
struct CipherSuite {
  std::string_view name;
  std::string_view openssl;  // empty: OpenSSL 3 has it no more, or it is of TLS 1.3
  bool is_secure = true;
};

// A key exchange group likewise; `openssl` is empty where the library does not know it.
struct Curve {
  std::string_view name;
  std::string_view openssl;
};

// Spec: config-and-cli §3.8
[[nodiscard]] std::span<const CipherSuite> cipherSuites();
[[nodiscard]] std::span<const Curve> curves();

// Null if there is none of that name. Names are case-sensitive.
[[nodiscard]] const CipherSuite* findCipherSuite(std::string_view name);
[[nodiscard]] const Curve* findCurve(std::string_view name);

}  // namespace gannet::config
