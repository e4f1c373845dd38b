#include "config/tls_names.h"

#include <algorithm>
#include <array>

namespace gannet::config {
namespace {

// In the order of preference, which is that of Go.
constexpr auto kSuites = std::to_array<CipherSuite>({
    {"TLS_AES_128_GCM_SHA256", "", true, true},
    {"TLS_AES_256_GCM_SHA384", "", true, true},
    {"TLS_CHACHA20_POLY1305_SHA256", "", true, true},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"},
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"},
    {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384"},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"},
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305"},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA"},
    {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA"},
    {"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA"},
    {"TLS_RSA_WITH_AES_128_GCM_SHA256", "AES128-GCM-SHA256", false},
    {"TLS_RSA_WITH_AES_256_GCM_SHA384", "AES256-GCM-SHA384", false},
    {"TLS_RSA_WITH_AES_128_CBC_SHA", "AES128-SHA", false},
    {"TLS_RSA_WITH_AES_256_CBC_SHA", "AES256-SHA", false},
    {"TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", "", false},
    {"TLS_RSA_WITH_3DES_EDE_CBC_SHA", "", false},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", "ECDHE-ECDSA-AES128-SHA256", false},
    {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", "ECDHE-RSA-AES128-SHA256", false},
    {"TLS_RSA_WITH_AES_128_CBC_SHA256", "AES128-SHA256", false},
    {"TLS_ECDHE_ECDSA_WITH_RC4_128_SHA", "", false},
    {"TLS_ECDHE_RSA_WITH_RC4_128_SHA", "", false},
    {"TLS_RSA_WITH_RC4_128_SHA", "", false},
});

constexpr auto kCurves = std::to_array<Curve>({
    {"X25519MLKEM768", ""},
    {"X25519", "X25519"},
    {"CurveP256", "P-256"},
    {"CurveP384", "P-384"},
    {"CurveP521", "P-521"},
    {"SecP256r1MLKEM768", ""},
    {"SecP384r1MLKEM1024", ""},
});

void add(std::string& list, std::string_view name) {
  if (!list.empty()) list += ':';
  list += name;
}

}  // namespace

std::span<const CipherSuite> cipherSuites() {
  return kSuites;
}

std::span<const Curve> curves() {
  return kCurves;
}

const CipherSuite* findCipherSuite(std::string_view name) {
  for (const CipherSuite& suite : kSuites) {
    if (suite.name == name) return &suite;
  }
  return nullptr;
}

const Curve* findCurve(std::string_view name) {
  for (const Curve& curve : kCurves) {
    if (curve.name == name) return &curve;
  }
  return nullptr;
}

TlsChoice chooseCipherSuites(const std::vector<std::string>& names) {
  TlsChoice choice;
  for (const CipherSuite& suite : kSuites) {
    const bool is_named = std::find(names.begin(), names.end(), suite.name) != names.end();
    if (names.empty() ? !suite.is_secure : !is_named) continue;
    if (suite.is_tls13) continue;
    if (suite.openssl.empty()) {
      choice.unavailable.emplace_back(suite.name);
    } else {
      add(choice.openssl, suite.openssl);
    }
  }
  return choice;
}

TlsChoice chooseCurves(const std::vector<std::string>& names) {
  TlsChoice choice;
  for (const Curve& curve : kCurves) {
    if (names.empty() && !curve.openssl.empty()) add(choice.openssl, curve.openssl);
  }
  for (const std::string& name : names) {
    const Curve* const curve = findCurve(name);
    if (curve == nullptr || curve->openssl.empty()) {
      choice.unavailable.push_back(name);
    } else {
      add(choice.openssl, curve->openssl);
    }
  }
  return choice;
}

}  // namespace gannet::config
