#include "config/blocks/tls.h"

#include "base/go_quote.h"
#include "config/blocks/tls_files.h"
#include "config/language/go_duration.h"
#include "config/later/part.h"
#include "config/option_readers.h"
#include "config/tls_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace gannet::config {
namespace {

// Reads one key. False ends the block: then a finding says why.
using ReadKey = bool (*)(const Found& found, TlsOptions& out, Findings& findings);

bool refuse(const Found& found, std::string_view reason, Findings& findings) {
  findings.error(found.at(), reason);
  return false;
}

template <auto Member>
bool readFileName(const Found& found, TlsOptions& out, Findings& findings) {
  const auto* text = found.value().as<std::string>();
  if (text == nullptr) {
    return refuse(found,
                  fmt::format("error parsing tls config, expected '{}' to be filename",
                              lowerCased(found.name)),
                  findings);
  }
  out.*Member = *text;
  return true;
}

// `cert_file` and `key_file` are one pair, which readTls() puts together.
bool checkFileName(const Found& found, TlsOptions& /*out*/, Findings& findings) {
  TlsOptions scratch;
  return readFileName<&TlsOptions::ca_file>(found, scratch, findings);
}

bool readCertPair(const Value& element, std::vector<TlsOptions::KeyPair>& out, Findings& findings) {
  const auto refuseElement = [&](std::string_view reason) {
    findings.error(element.at, reason);
    return false;
  };
  const auto* map = element.as<Map>();
  if (map == nullptr) {
    return refuseElement(
        fmt::format("error parsing certificates config: unsupported type {}", typeName(element)));
  }
  TlsOptions::KeyPair pair;
  for (const Found& key : inFileOrder(*map)) {
    const auto* text = key.value().as<std::string>();
    if (text == nullptr) {
      findings.error(key.at(), fmt::format("error parsing certificates config: unsupported type {}",
                                           typeName(key.value())));
      return false;
    }
    if (key.name == "cert_file") {
      pair.cert_file = *text;
    } else if (key.name == "key_file") {
      pair.key_file = *text;
    } else {
      findings.error(key.at(), fmt::format("error parsing tls certs config, unknown field {}",
                                           goQuote(key.name)));
      return false;
    }
  }
  if (pair.cert_file.empty() || pair.key_file.empty()) {
    const auto keys = inFileOrder(*map);
    findings.error(keys.empty() ? element.at : keys.back().at(),
                   "error parsing certificates config: both 'cert_file' and 'cert_key' options "
                   "are required");
    return false;
  }
  out.push_back(std::move(pair));
  return true;
}

bool readCerts(const Found& found, TlsOptions& out, Findings& findings) {
  const auto* array = found.value().as<Array>();
  if (array == nullptr) {
    // The reference names the type of the block around it.
    return refuse(found,
                  "error parsing certificates config: unsupported type map[string]interface {}",
                  findings);
  }
  std::vector<TlsOptions::KeyPair> pairs;
  for (const Value& element : *array) {
    if (!readCertPair(element, pairs, findings)) return false;
  }
  out.certificates = std::move(pairs);
  out.is_certificate_list = !out.certificates.empty();
  return true;
}

template <auto Member>
bool readBool(const Found& found, TlsOptions& out, Findings& findings) {
  const auto* value = found.value().as<bool>();
  if (value == nullptr) {
    return refuse(found,
                  fmt::format("error parsing tls config, expected '{}' to be a boolean",
                              lowerCased(found.name)),
                  findings);
  }
  out.*Member = *value;
  return true;
}

// False is no word against `verify: true`.
bool readVerifyAndMap(const Found& found, TlsOptions& out, Findings& findings) {
  TlsOptions asked;
  if (!readBool<&TlsOptions::verify>(found, asked, findings)) return false;
  if (!asked.verify) return true;
  out.verify = true;
  refuseInside("tls", found, Part::certificate_users, findings);
  return false;
}

bool readKnownUrls(const Found& found, TlsOptions& out, Findings& findings) {
  TlsOptions asked;
  if (!readBool<&TlsOptions::verify>(found, asked, findings)) return false;
  if (!asked.verify) return true;
  out.verify = true;
  return refuse(found, "verify_cert_and_check_known_urls not supported in this context", findings);
}

// An array of names, each checked by `is_known`.
bool readNames(const Found& found, std::vector<std::string>& out, std::string_view what,
               bool (*is_known)(std::string_view), Findings& findings) {
  const auto* array = expect<Array>(found.value(), found.at(), findings);
  if (array == nullptr) return false;
  if (array->empty()) {
    return refuse(
        found,
        fmt::format("error parsing tls config, '{}' cannot be empty", lowerCased(found.name)),
        findings);
  }
  out.clear();
  for (const Value& element : *array) {
    const auto* name = expect<std::string>(element, element.at, findings);
    if (name == nullptr) return false;
    if (!is_known(*name)) {
      findings.error(element.at, fmt::format("unrecognized {} {}", what, *name));
      return false;
    }
    out.push_back(*name);
  }
  return true;
}

bool readCipherSuites(const Found& found, TlsOptions& out, Findings& findings) {
  return readNames(
      found, out.cipher_suites, "cipher",
      [](std::string_view name) { return findCipherSuite(name) != nullptr; }, findings);
}

bool readCurves(const Found& found, TlsOptions& out, Findings& findings) {
  return readNames(
      found, out.curve_preferences, "curve preference",
      [](std::string_view name) { return findCurve(name) != nullptr; }, findings);
}

bool readMinVersion(const Found& found, TlsOptions& out, Findings& findings) {
  const auto* text = found.value().as<std::string>();
  if (text == nullptr) {
    return refuse(found,
                  fmt::format("error parsing tls config: 'min_version' wrong type: {}",
                              display(found.value())),
                  findings);
  }
  if (*text == "1.0" || *text == "1.1") {
    return refuse(found,
                  fmt::format("error parsing tls config: unsupported TLS version: TLS {}", *text),
                  findings);
  }
  if (*text != "1.2" && *text != "1.3") {
    return refuse(found, fmt::format("error parsing tls config: unknown version: {}", *text),
                  findings);
  }
  out.requires_tls13 = *text == "1.3";
  return true;
}

bool readTimeout(const Found& found, TlsOptions& out, Findings& findings) {
  return readSeconds(found, {"error parsing tls config, ", false}, out.timeout, findings);
}

bool readRateLimit(const Found& found, TlsOptions& out, Findings& findings) {
  const auto* limit = found.value().as<std::int64_t>();
  if (limit == nullptr) {
    return refuse(found, "error parsing tls config, 'connection_rate_limit' wrong type", findings);
  }
  out.connection_rate_limit = *limit;
  return true;
}

constexpr bool isHexDigit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

bool readPinnedCerts(const Found& found, TlsOptions& out, Findings& findings) {
  const auto* array = found.value().as<Array>();
  if (array == nullptr) {
    return refuse(found,
                  "error parsing tls config, expected 'pinned_certs' to be a list of hex-encoded "
                  "sha256 of DER encoded SubjectPublicKeyInfo",
                  findings);
  }
  out.pinned_certs.clear();
  for (const Value& element : *array) {
    const auto* text = expect<std::string>(element, element.at, findings);
    if (text == nullptr) return false;
    const std::string key = lowerCased(*text);
    if (key.size() != 64 || !std::all_of(key.begin(), key.end(), isHexDigit)) {
      findings.error(element.at,
                     fmt::format("error parsing tls config, 'pinned_certs' key {} does not look "
                                 "like hex-encoded sha256 of DER encoded SubjectPublicKeyInfo",
                                 key));
      return false;
    }
    out.pinned_certs.push_back(key);
  }
  return true;
}

bool readHandshakeFirst(const Found& found, TlsOptions& out, Findings& findings) {
  using std::chrono::milliseconds;
  if (const auto* is_on = found.value().as<bool>()) {
    out.handshake_first = *is_on;
    return true;
  }
  const auto* text = found.value().as<std::string>();
  if (text == nullptr) {
    return refuse(found,
                  fmt::format("field {} should be a boolean or a string, got {}",
                              goQuote(found.name), typeName(found.value())),
                  findings);
  }
  const std::string mode = lowerCased(*text);
  if (mode == "true" || mode == "on") {
    out.handshake_first = true;
  } else if (mode == "false" || mode == "off") {
    out.handshake_first = false;
  } else if (mode == "auto" || mode == "auto_fallback") {
    out.handshake_first = true;
    out.handshake_first_fallback = milliseconds(50);
  } else if (const auto delay = parseDuration(*text); delay.has_value()) {
    out.handshake_first = true;
    out.handshake_first_fallback = *delay;
  } else {
    return refuse(
        found, fmt::format("field {}'s value {} is invalid", goQuote(found.name), goQuote(*text)),
        findings);
  }
  return true;
}

constexpr auto kOcspPeerKeys = std::to_array<std::string_view>({
    "verify",
    "ca_timeout",
    "allowed_clockskew",
    "warn_only",
    "unknown_is_good",
    "allow_when_ca_unreachable",
    "cache_ttl_when_next_update_unset",
});

// Asks for OCSP as `true`, or as a map with `verify: true`.
bool readOcspPeer(const Found& found, TlsOptions& /*out*/, Findings& findings) {
  const auto* is_on = found.value().as<bool>();
  const auto* map = found.value().as<Map>();
  if (is_on == nullptr && map == nullptr) {
    // The reference names the type of the block around it.
    return refuse(found, "error parsing ocsp peer config: unsupported type map[string]interface {}",
                  findings);
  }
  bool is_asked = is_on != nullptr && *is_on;
  for (const Found& key : map == nullptr ? std::vector<Found>{} : inFileOrder(*map)) {
    const std::string name = lowerCased(key.name);
    const auto* value = key.value().as<bool>();
    if (std::find(kOcspPeerKeys.begin(), kOcspPeerKeys.end(), name) == kOcspPeerKeys.end() ||
        (name == "verify" && value == nullptr)) {
      return refuse(found,
                    fmt::format("{}:{}:{}: error parsing tls peer config, unknown field [{}]",
                                key.at().file, key.at().line, key.at().column, goQuote(key.name)),
                    findings);
    }
    if (name == "verify") is_asked = *value;
  }
  if (is_asked) refuseInside("tls", found, Part::ocsp, findings);
  return !is_asked;
}

constexpr std::string_view kOtherSystem = "cert_store not compatible with current operating system";

bool refuseCertStore(const Found& found, TlsOptions& /*out*/, Findings& findings) {
  const auto* store = found.value().as<std::string>();
  if (store == nullptr || store->empty()) {
    return refuse(found, "expected 'cert_store' to be a valid non-empty string", findings);
  }
  const std::string name = lowerCased(*store);
  const bool is_known = name == "windowscurrentuser" || name == "windowslocalmachine";
  return refuse(found, is_known ? kOtherSystem : "cert store type not implemented", findings);
}

// A key of the Windows certificate store that holds text.
bool refuseCertText(const Found& found, TlsOptions& /*out*/, Findings& findings) {
  const auto* text = found.value().as<std::string>();
  const std::string name = lowerCased(found.name);
  if (text == nullptr || text->empty()) {
    return refuse(found, fmt::format("expected '{}' to be a valid non-empty string", name),
                  findings);
  }
  const std::string by = lowerCased(*text);
  const bool is_known = by == "issuer" || by == "subject" || by == "thumbprint";
  if (name == "cert_match_by" && !is_known) {
    return refuse(found, "cert match by type not implemented", findings);
  }
  return refuse(found, kOtherSystem, findings);
}

bool refuseCertMatch(const Found& found, TlsOptions& /*out*/, Findings& findings) {
  const bool is_flag = lowerCased(found.name) == "cert_match_skip_invalid";
  if (is_flag && found.value().as<bool>() == nullptr) {
    return refuse(found, "expected 'cert_match_skip_invalid' to be a boolean", findings);
  }
  return refuse(found, kOtherSystem, findings);
}

struct KeyRow {
  std::string_view name;
  ReadKey read;
};

constexpr auto kKeys = std::to_array<KeyRow>({
    {"cert_file", &checkFileName},
    {"key_file", &checkFileName},
    {"ca_file", &readFileName<&TlsOptions::ca_file>},
    {"certs", &readCerts},
    {"certificates", &readCerts},
    {"verify", &readBool<&TlsOptions::verify>},
    {"verify_and_map", &readVerifyAndMap},
    {"verify_cert_and_check_known_urls", &readKnownUrls},
    {"insecure", &readBool<&TlsOptions::insecure>},
    {"cipher_suites", &readCipherSuites},
    {"allow_insecure_cipher_suites", &readBool<&TlsOptions::allow_insecure_cipher_suites>},
    {"curve_preferences", &readCurves},
    {"min_version", &readMinVersion},
    {"timeout", &readTimeout},
    {"connection_rate_limit", &readRateLimit},
    {"pinned_certs", &readPinnedCerts},
    {"handshake_first", &readHandshakeFirst},
    {"first", &readHandshakeFirst},
    {"immediate", &readHandshakeFirst},
    {"ocsp_peer", &readOcspPeer},
    {"cert_store", &refuseCertStore},
    {"cert_match_by", &refuseCertText},
    {"cert_match", &refuseCertText},
    {"ca_certs_match", &refuseCertMatch},
    {"cert_match_skip_invalid", &refuseCertMatch},
});

bool readKey(const Found& key, TlsOptions& out, Findings& findings) {
  const std::string name = lowerCased(key.name);
  const auto* row = std::find_if(kKeys.begin(), kKeys.end(),
                                 [&name](const KeyRow& known) { return known.name == name; });
  if (row != kKeys.end()) return row->read(key, out, findings);
  return refuse(key, fmt::format("error parsing tls config, unknown field {}", goQuote(key.name)),
                findings);
}

// Names of suites that need allow_insecure_cipher_suites, with commas between.
std::string insecureSuites(const TlsOptions& tls) {
  std::string out;
  for (const std::string& name : tls.cipher_suites) {
    if (findCipherSuite(name)->is_secure) continue;
    if (!out.empty()) out += ", ";
    out += name;
  }
  return out;
}

}  // namespace

void readTls(const Found& found, Options& out, Findings& findings) {
  const auto* map = expect<Map>(found.value(), found.at(), findings);
  if (map == nullptr) return;
  TlsOptions tls;
  tls.is_on = true;
  TlsOptions::KeyPair pair;
  for (const Found& key : inFileOrder(*map)) {
    if (!readKey(key, tls, findings)) return;
    const std::string name = lowerCased(key.name);
    if (name == "cert_file") pair.cert_file = *key.value().as<std::string>();
    if (name == "key_file") pair.key_file = *key.value().as<std::string>();
  }
  if (!pair.cert_file.empty() && tls.is_certificate_list) {
    return findings.error(
        found.at(),
        "error parsing tls config, cannot combine 'cert_file' option with 'certs' option");
  }
  if (!pair.cert_file.empty() || !pair.key_file.empty()) {
    tls.certificates.insert(tls.certificates.begin(), std::move(pair));
  }
  if (const std::string insecure = insecureSuites(tls);
      !insecure.empty() && !tls.allow_insecure_cipher_suites) {
    return findings.error(found.at(), fmt::format("insecure cipher suites configured without "
                                                  "'allow_insecure_cipher_suites' option set: {}",
                                                  insecure));
  }
  if (const auto loaded = loadTlsFiles(tls); !loaded) {
    return findings.error(found.at(), loaded.error().text);
  }
  out.tls = std::move(tls);
}

}  // namespace gannet::config
