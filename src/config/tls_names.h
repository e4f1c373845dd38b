#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gannet::config {

// A cipher suite by the name that configuration files use, and by OpenSSL's.
struct CipherSuite {
  std::string_view name;
  std::string_view openssl;  // empty: OpenSSL 3 has it no more, or it is of TLS 1.3
  bool is_secure = true;
  bool is_tls13 = false;  // always offered with TLS 1.3, and with nothing else
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

// What a list of names comes to.
struct TlsChoice {
  std::string openssl;                   // separated by colons, in the order of preference
  std::vector<std::string> unavailable;  // names that OpenSSL cannot serve
};

// The suites of TLS 1.2, in our order whatever that of `names`; without names all secure ones. None
// at all means that TLS 1.2 cannot be spoken.
// Spec: config-and-cli §3.8
[[nodiscard]] TlsChoice chooseCipherSuites(const std::vector<std::string>& names);

// The curves in the order of the names; without names all that are known.
[[nodiscard]] TlsChoice chooseCurves(const std::vector<std::string>& names);

}  // namespace gannet::config
