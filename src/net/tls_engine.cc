#include "net/tls_engine.h"

#include "net/distinguished_name.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/buffer.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <utility>

namespace gannet::net {
namespace {

// How the reference calls the alerts that peers send, by their numbers in TLS.
struct Alert {
  int number;
  std::string_view text;
};

constexpr auto kAlerts = std::to_array<Alert>({
    {SSL_AD_UNEXPECTED_MESSAGE, "unexpected message"},
    {SSL_AD_BAD_RECORD_MAC, "bad record MAC"},
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
    {SSL_AD_PROTOCOL_VERSION, "protocol version not supported"},
    {SSL_AD_INSUFFICIENT_SECURITY, "insufficient security level"},
    {SSL_AD_INTERNAL_ERROR, "internal error"},
    {SSL_AD_USER_CANCELLED, "user canceled"},
});

std::string_view textOfAlert(int number, const char* otherwise) {
  const auto* const known = std::find_if(
      kAlerts.begin(), kAlerts.end(), [number](const Alert& row) { return row.number == number; });
  return known == kAlerts.end() ? otherwise : known->text;
}

std::string reasonOf(int error) {
  switch (error) {
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "certificate signed by unknown authority";
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID: return "certificate has expired or is not yet valid";
    default: return X509_verify_cert_error_string(error);
  }
}

// " (CN=stranger SHA-256: c317…)"
std::string nameOf(const X509* certificate) {
  if (certificate == nullptr) return {};
  std::array<char, 256> name{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name.data(),
                            static_cast<int>(name.size()));
  // It is a stranger's text, on its way to the log.
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c > 0 && c < ' '; }, '?');
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  X509_digest(certificate, EVP_sha256(), digest.data(), &size);
  return fmt::format(" (CN={} SHA-256: {:02x})", name.data(),
                     fmt::join(digest.data(), digest.data() + size, ""));
}

std::string sha256(unsigned char* der, int size) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned digest_size = 0;
  if (size > 0) {
    EVP_Digest(der, static_cast<std::size_t>(size), digest.data(), &digest_size, EVP_sha256(),
               nullptr);
  }
  OPENSSL_free(der);
  return fmt::format("{:02x}", fmt::join(digest.data(), digest.data() + digest_size, ""));
}

// A peer's certificate as monitoring shows it. Errors are those of its subject's name.
Result<PeerCertificate, Error> describe(const X509* certificate) {
  PeerCertificate out;
  const auto subject = readName(X509_get_subject_name(certificate));
  if (!subject) return subject.error();
  out.subject = displayText(*subject);
  unsigned char* der = nullptr;
  int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  out.spki_sha256 = sha256(der, size);
  der = nullptr;
  size = i2d_X509(certificate, &der);
  out.cert_sha256 = sha256(der, size);
  return out;
}

}  // namespace

void TlsEngine::Free::operator()(SSL* ssl) const {
  SSL_free(ssl);
}

TlsEngine::TlsEngine(TlsContextPtr context) : context_(std::move(context)) {}

void TlsEngine::begin() {
  ssl_.reset(SSL_new(context_->native()));
  from_peer_ = BIO_new(BIO_s_mem());
  to_peer_ = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl_.get(), from_peer_, to_peer_);
  SSL_set_accept_state(ssl_.get());
  SSL_set_app_data(ssl_.get(), this);
  feed(std::exchange(early_, {}));
}

void TlsEngine::feed(std::string_view bytes) {
  if (ssl_ == nullptr) {
    early_.append(bytes);
  } else if (!bytes.empty()) {
    BIO_write(from_peer_, bytes.data(), static_cast<int>(bytes.size()));
  }
}

bool TlsEngine::hasInput() const {
  return ssl_ == nullptr ? !early_.empty() : BIO_pending(from_peer_) > 0;
}

void TlsEngine::step() {
  if (ssl_ == nullptr) begin();
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) {
    establish();
    return;
  }
  const int why = SSL_get_error(ssl_.get(), result);
  if (why == SSL_ERROR_WANT_READ) return;
  state_ = State::failed;
  const bool is_refused = ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_CERTIFICATE_VERIFY_FAILED;
  if (why == SSL_ERROR_SSL || why == SSL_ERROR_SYSCALL) error_ = takeError();
  if (is_refused) error_ = "tls: failed to verify certificate: x509: " + refusal_;
}

void TlsEngine::establish() {
  state_ = State::established;
  // A session without a name is in no cache: an error after this need not lock one.
  SSL_SESSION_set1_id(SSL_get_session(ssl_.get()), nullptr, 0);
  const X509* const own = SSL_get0_peer_certificate(ssl_.get());
  if (own == nullptr) return;
  addPeerCertificate(own);
  // A server's view of the chain begins behind the peer's own certificate.
  const STACK_OF(X509)* const chain = SSL_get_peer_cert_chain(ssl_.get());
  for (int i = 0; i < sk_X509_num(chain); ++i)
    addPeerCertificate(sk_X509_value(chain, i));
}

// The reference admits no certificate whose names it cannot read, and nobody could be told or
// matched by such a name.
void TlsEngine::addPeerCertificate(const X509* certificate) {
  auto described = describe(certificate);
  if (described) {
    peer_.push_back(std::move(*described));
  } else {
    state_ = State::failed;
    error_ = "tls: failed to parse client certificate: " + described.error().text;
  }
}

void TlsEngine::releaseSpare() {
  constexpr std::size_t kSmall = 4096;
  const auto isLargeAndEmpty = [](BIO* bio) {
    BUF_MEM* memory = nullptr;
    BIO_get_mem_ptr(bio, &memory);
    return BIO_pending(bio) == 0 && memory != nullptr && memory->max > kSmall;
  };
  for (BIO* const bio : {to_peer_, from_peer_}) {
    if (isLargeAndEmpty(bio)) BIO_set_mem_buf(bio, BUF_MEM_new(), BIO_CLOSE);
  }
}

int TlsEngine::onVerified(int is_good, X509_STORE_CTX* store) {
  if (is_good == 1) return 1;
  const int index = SSL_get_ex_data_X509_STORE_CTX_idx();
  auto* const ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, index));
  static_cast<TlsEngine*>(SSL_get_app_data(ssl))->refusal_ =
      reasonOf(X509_STORE_CTX_get_error(store)) + nameOf(X509_STORE_CTX_get0_cert(store));
  return 0;
}

std::string_view TlsEngine::unsent() const {
  if (ssl_ == nullptr) return {};
  char* data = nullptr;
  const long size = BIO_get_mem_data(to_peer_, &data);
  return {data, static_cast<std::size_t>(std::max(size, 0L))};
}

void TlsEngine::dropUnsent(std::size_t size) {
  // Reading from the BIO is how bytes are dropped from it.
  std::array<char, 16384> dropped;
  while (size > 0) {
    const auto part = static_cast<int>(std::min(size, dropped.size()));
    BIO_read(to_peer_, dropped.data(), part);
    size -= static_cast<std::size_t>(part);
  }
}

std::string TlsEngine::takeError() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  switch (ERR_GET_REASON(code)) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST: return std::string(kNotTls);
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: return "tls: client didn't provide a certificate";
    case SSL_R_UNSUPPORTED_PROTOCOL: return "tls: client offered only unsupported versions";
    case SSL_R_NO_SHARED_CIPHER: return "tls: no cipher suite supported by both client and server";
    default: break;
  }
  const char* const reason = ERR_reason_error_string(code);
  if (reason == nullptr) return "EOF";
  const int alert = ERR_GET_REASON(code) - SSL_AD_REASON_OFFSET;
  if (alert <= 0) return fmt::format("tls: {}", reason);
  return fmt::format("remote error: tls: {}", textOfAlert(alert, reason));
}

}  // namespace gannet::net
