#include "net/tls_failure.h"

#include "base/clock.h"
#include "net/distinguished_name.h"

#include <fmt/format.h>
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>

namespace gannet::net {
namespace {

constexpr unsigned char kAlertRecord = 21;
constexpr unsigned char kHandshakeRecord = 22;
constexpr unsigned char kSslV2 = 0x80;            // no TLS record has this type
constexpr unsigned kNoVersionYet = 0x1000;        // a first record with more is not TLS
constexpr std::size_t kMaxRecord = 16384 + 2048;  // of a fragment with everything around it

// A client may offer tens of thousands of suites; those that exist fit in.
constexpr std::size_t kMaxListed = 512;

// A stranger's name on its way to the log.
constexpr std::size_t kMaxName = 512;

// How Go calls the alerts that peers send, by their numbers in TLS.
struct Alert {
  int number;
  std::string_view text;
};

constexpr auto kAlerts = std::to_array<Alert>({
    {SSL_AD_UNEXPECTED_MESSAGE, "unexpected message"},
    {SSL_AD_BAD_RECORD_MAC, "bad record MAC"},
    {SSL_AD_DECRYPTION_FAILED, "decryption failed"},
    {SSL_AD_RECORD_OVERFLOW, "record overflow"},
    {SSL_AD_DECOMPRESSION_FAILURE, "decompression failure"},
    {SSL_AD_HANDSHAKE_FAILURE, "handshake failure"},
    {SSL_AD_BAD_CERTIFICATE, "bad certificate"},
    {SSL_AD_UNSUPPORTED_CERTIFICATE, "unsupported certificate"},
    {SSL_AD_CERTIFICATE_REVOKED, "revoked certificate"},
    {SSL_AD_CERTIFICATE_EXPIRED, "expired certificate"},
    {SSL_AD_CERTIFICATE_UNKNOWN, "unknown certificate"},
    {SSL_AD_ILLEGAL_PARAMETER, "illegal parameter"},
    {SSL_AD_UNKNOWN_CA, "unknown certificate authority"},
    {SSL_AD_ACCESS_DENIED, "access denied"},
    {SSL_AD_DECODE_ERROR, "error decoding message"},
    {SSL_AD_DECRYPT_ERROR, "error decrypting message"},
    {SSL_AD_EXPORT_RESTRICTION, "export restriction"},
    {SSL_AD_PROTOCOL_VERSION, "protocol version not supported"},
    {SSL_AD_INSUFFICIENT_SECURITY, "insufficient security level"},
    {SSL_AD_INTERNAL_ERROR, "internal error"},
    {SSL_AD_INAPPROPRIATE_FALLBACK, "inappropriate fallback"},
    {SSL_AD_USER_CANCELLED, "user canceled"},
    {SSL_AD_NO_RENEGOTIATION, "no renegotiation"},
    {SSL_AD_MISSING_EXTENSION, "missing extension"},
    {SSL_AD_UNSUPPORTED_EXTENSION, "unsupported extension"},
    {SSL_AD_CERTIFICATE_UNOBTAINABLE, "certificate unobtainable"},
    {SSL_AD_UNRECOGNIZED_NAME, "unrecognized name"},
    {SSL_AD_BAD_CERTIFICATE_STATUS_RESPONSE, "bad certificate status response"},
    {SSL_AD_BAD_CERTIFICATE_HASH_VALUE, "bad certificate hash value"},
    {SSL_AD_UNKNOWN_PSK_IDENTITY, "unknown PSK identity"},
    {SSL_AD_CERTIFICATE_REQUIRED, "certificate required"},
    {SSL_AD_NO_APPLICATION_PROTOCOL, "no application protocol"},
    {121, "encrypted client hello required"},
});

std::string alertText(int number) {
  const auto* const known = std::find_if(
      kAlerts.begin(), kAlerts.end(), [number](const Alert& row) { return row.number == number; });
  return known == kAlerts.end() ? fmt::format("alert({})", number) : std::string(known->text);
}

constexpr std::string_view kBadMessage = "local error: tls: error decoding message";
constexpr std::string_view kUnexpected = "local error: tls: unexpected message";
constexpr std::string_view kNoKeyExchange =
    "tls: no key exchanges supported by both client and server";

// What this side found wrong, by OpenSSL's reason. Several of its reasons are one in Go.
struct Reason {
  int number;
  std::string_view text;
};

constexpr auto kReasons = std::to_array<Reason>({
    {SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, "tls: client didn't provide a certificate"},
    {SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM,
     "tls: peer doesn't support any of the certificate's signature algorithms"},
    {SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS,
     "tls: peer doesn't support any of the certificate's signature algorithms"},
    {SSL_R_MISSING_SIGALGS_EXTENSION, "local error: tls: missing extension"},
    {SSL_R_MISSING_PSK_KEX_MODES_EXTENSION, "local error: tls: missing extension"},
    {SSL_R_MISSING_SUPPORTED_GROUPS_EXTENSION, kNoKeyExchange},
    {SSL_R_NO_SUITABLE_KEY_SHARE, kNoKeyExchange},
    {SSL_R_NO_SHARED_GROUPS, kNoKeyExchange},
    {SSL_R_NO_COMPRESSION_SPECIFIED, "tls: client does not support uncompressed connections"},
    {SSL_R_INVALID_COMPRESSION_ALGORITHM,
     "tls: TLS 1.3 client supports illegal compression methods"},
    {SSL_R_INAPPROPRIATE_FALLBACK, "tls: client using inappropriate protocol fallback"},
    {SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC, "local error: tls: bad record MAC"},
    {SSL_R_BAD_RECORD_TYPE, "local error: tls: bad record MAC"},
    {SSL_R_TOO_MANY_WARN_ALERTS, "tls: too many ignored records"},
    {SSL_R_DIGEST_CHECK_FAILED, "tls: client's Finished message is incorrect"},
    {SSL_R_BAD_SIGNATURE, "tls: invalid signature by the client certificate"},
    {SSL_R_LENGTH_MISMATCH, kBadMessage},
    {SSL_R_LENGTH_TOO_SHORT, kBadMessage},
    {SSL_R_BAD_EXTENSION, kBadMessage},
    {SSL_R_BAD_LENGTH, kBadMessage},
    {SSL_R_BAD_PACKET, kBadMessage},
    {SSL_R_INVALID_CCS_MESSAGE, kBadMessage},
    {SSL_R_UNEXPECTED_MESSAGE, kUnexpected},
    {SSL_R_UNEXPECTED_RECORD, kUnexpected},
    {SSL_R_UNEXPECTED_CCS_MESSAGE, kUnexpected},
    {SSL_R_CCS_RECEIVED_EARLY, kUnexpected},
    {SSL_R_NOT_ON_RECORD_BOUNDARY, kUnexpected},
    {SSL_R_UNKNOWN_ALERT_TYPE, kUnexpected},
    {SSL_R_INVALID_ALERT, kUnexpected},
});

// Reasons behind which stands a header that no record of TLS has, or not there.
bool mayBeFraming(int reason) {
  constexpr auto kFraming = std::to_array<int>(
      {SSL_R_WRONG_VERSION_NUMBER, SSL_R_HTTP_REQUEST, SSL_R_HTTPS_PROXY_REQUEST,
       SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_VERSION_TOO_LOW, SSL_R_PACKET_LENGTH_TOO_LONG,
       SSL_R_ENCRYPTED_LENGTH_TOO_LONG, SSL_R_DATA_LENGTH_TOO_LONG, SSL_R_UNEXPECTED_MESSAGE,
       SSL_R_UNEXPECTED_RECORD, SSL_R_LENGTH_TOO_SHORT, SSL_R_LENGTH_MISMATCH,
       SSL_R_RECORD_LENGTH_MISMATCH});
  return std::find(kFraming.begin(), kFraming.end(), reason) != kFraming.end();
}

// [302 301]
std::string listed(const std::vector<std::uint16_t>& numbers) {
  return fmt::format("[{:x}]", fmt::join(numbers, " "));
}

std::vector<std::uint16_t> readNumbers(const unsigned char* bytes, std::size_t size) {
  std::vector<std::uint16_t> numbers;
  for (std::size_t i = 0; i + 1 < size && numbers.size() < kMaxListed; i += 2)
    numbers.push_back(static_cast<std::uint16_t>(bytes[i] << 8U | bytes[i + 1]));
  return numbers;
}

// What a client means that names nothing but the highest version it speaks.
std::vector<std::uint16_t> versionsUpTo(unsigned highest) {
  constexpr std::array<std::uint16_t, 4> kVersions = {TLS1_3_VERSION, TLS1_2_VERSION,
                                                      TLS1_1_VERSION, TLS1_VERSION};
  std::vector<std::uint16_t> versions;
  for (const std::uint16_t version : kVersions) {
    if (version <= highest) versions.push_back(version);
  }
  return versions;
}

// RFC 3339, in the zone of the machine, as the reference's log has it.
std::string localTime(std::time_t when) {
  std::tm parts{};
  ::localtime_r(&when, &parts);
  std::array<char, 40> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  const std::string_view date(text.data(), size);
  const long minutes = parts.tm_gmtoff / 60;
  if (minutes == 0) return fmt::format("{}Z", date);
  return fmt::format("{}{}{:02}:{:02}", date, minutes < 0 ? '-' : '+', std::abs(minutes) / 60,
                     std::abs(minutes) % 60);
}

std::string certificateTime(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

// Says that the peer's own certificate is not valid now; empty if it is. It comes before all other
// reasons, whatever OpenSSL stumbled over first.
std::string wrongTime(const X509* certificate) {
  constexpr std::string_view kText =
      "certificate has expired or is not yet valid: current time {} is {} {}";
  std::time_t now = std::chrono::system_clock::to_time_t(wallNow());
  const ASN1_TIME* const from = X509_get0_notBefore(certificate);
  const ASN1_TIME* const until = X509_get0_notAfter(certificate);
  if (X509_cmp_time(from, &now) > 0)
    return fmt::format(kText, localTime(now), "before", certificateTime(from));
  if (X509_cmp_time(until, &now) < 0)
    return fmt::format(kText, localTime(now), "after", certificateTime(until));
  return {};
}

std::string reasonOf(X509_STORE_CTX* store) {
  const X509* const own = X509_STORE_CTX_get0_cert(store);
  std::string text = own == nullptr ? "" : wrongTime(own);
  if (!text.empty()) return text;
  switch (X509_STORE_CTX_get_error(store)) {
    case X509_V_ERR_INVALID_PURPOSE: return "certificate specifies an incompatible key usage";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID: return "certificate signed by unknown authority";
    default: return X509_verify_cert_error_string(X509_STORE_CTX_get_error(store));
  }
}

// "CN=stranger SHA-256: c317…"
std::string nameOf(const X509* certificate) {
  const auto name = readName(X509_get_subject_name(certificate));
  std::string text = name ? displayText(*name) : "";
  if (text.size() > kMaxName) text.resize(kMaxName);
  // A name may hold line feeds, and none of it may look like a line of the log.
  std::replace_if(
      text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ') || c == 0x7F; }, '?');
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  X509_digest(certificate, EVP_sha256(), digest.data(), &size);
  return fmt::format("{} SHA-256: {:02x}", text,
                     fmt::join(digest.data(), digest.data() + size, ""));
}

}  // namespace

ClientOffer ClientOffer::of(SSL* ssl) {
  constexpr unsigned kSupportedVersions = TLSEXT_TYPE_supported_versions;
  ClientOffer offer;
  const unsigned char* bytes = nullptr;
  std::size_t size = 0;
  if (SSL_client_hello_get0_ext(ssl, kSupportedVersions, &bytes, &size) == 1 && size > 0) {
    offer.versions = readNumbers(bytes + 1, size - 1);
  } else {
    offer.versions = versionsUpTo(SSL_client_hello_get0_legacy_version(ssl));
  }
  size = SSL_client_hello_get0_ciphers(ssl, &bytes);
  offer.suites = readNumbers(bytes, size);
  return offer;
}

void RecordWatch::take(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t skipped = std::min(left_, bytes.size());
    left_ -= skipped;
    bytes.remove_prefix(skipped);
    while (header_size_ < kHeader && !bytes.empty()) {
      header_[header_size_++] = static_cast<unsigned char>(bytes.front());
      bytes.remove_prefix(1);
    }
    if (header_size_ < kHeader) return;
    header_size_ = 0;
    left_ = static_cast<std::size_t>(header_[3] << 8U | header_[4]);
    if (!has_fault_ && !faultOf(header_, is_first_).empty()) {
      has_fault_ = true;
      is_first_fault_ = is_first_;
      at_fault_ = header_;
    }
    is_first_ = false;
  }
}

std::string RecordWatch::faultOf(const Header& header, bool is_first) {
  const unsigned char type = header[0];
  const auto version = static_cast<unsigned>(header[1] << 8U | header[2]);
  const auto size = static_cast<std::size_t>(header[3] << 8U | header[4]);
  if (type == kSslV2) return "tls: unsupported SSLv2 handshake received";
  const bool may_be_first = type == kAlertRecord || type == kHandshakeRecord;
  if (is_first && (!may_be_first || version >= kNoVersionYet)) return std::string(kNotTls);
  if (!is_first && version != TLS1_2_VERSION) {
    return fmt::format("tls: received record with version {:x} when expecting version {:x}",
                       version, TLS1_2_VERSION);
  }
  if (size > kMaxRecord) return fmt::format("tls: oversized record received with length {}", size);
  return {};
}

std::string RecordWatch::fault() const {
  return has_fault_ ? faultOf(at_fault_, is_first_fault_) : std::string();
}

std::string failureText(unsigned long code, const ClientOffer& offer, const RecordWatch& records) {
  const int reason = ERR_GET_REASON(code);
  constexpr int kCloseNotify = SSL_AD_REASON_OFFSET + SSL_AD_CLOSE_NOTIFY;
  if (code == 0 || reason == kCloseNotify) return "EOF";
  const bool is_alert = ERR_GET_LIB(code) == ERR_LIB_SSL && reason > SSL_AD_REASON_OFFSET &&
                        reason <= SSL_AD_REASON_OFFSET + UINT8_MAX;
  if (is_alert) {
    return fmt::format("remote error: tls: {}", alertText(reason - SSL_AD_REASON_OFFSET));
  }
  if (mayBeFraming(reason)) {
    std::string fault = records.fault();
    if (!fault.empty()) return fault;
  }
  switch (reason) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
      return fmt::format("tls: client offered only unsupported versions: {}",
                         listed(offer.versions));
    case SSL_R_NO_SHARED_CIPHER:
      return fmt::format(
          "tls: no cipher suite supported by both client and server; client offered: {}",
          listed(offer.suites));
    default: break;
  }
  const auto* const known =
      std::find_if(kReasons.begin(), kReasons.end(),
                   [reason](const Reason& row) { return row.number == reason; });
  if (known != kReasons.end()) return std::string(known->text);
  const char* const text = ERR_reason_error_string(code);
  return fmt::format("tls: {}", text == nullptr ? "handshake failure" : text);
}

std::string refusalText(X509_STORE_CTX* store) {
  std::string names;
  const STACK_OF(X509)* const shown = X509_STORE_CTX_get0_untrusted(store);
  for (int i = 0; i < sk_X509_num(shown); ++i)
    names += (i == 0 ? "" : "; ") + nameOf(sk_X509_value(shown, i));
  return fmt::format("tls: failed to verify certificate: x509: {} ({})", reasonOf(store), names);
}

}  // namespace gannet::net
