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

// Where an SSL keeps its engine. Not as its app data, which belongs to Asio in the connections that
// the monitoring makes from the same context: they have no engine.
int engineIndex() {
  static const int kIndex = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return kIndex;
}

TlsEngine* engineOf(const SSL* ssl) {
  return static_cast<TlsEngine*>(SSL_get_ex_data(ssl, engineIndex()));
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
  SSL_set_ex_data(ssl_.get(), engineIndex(), this);
  feed(std::exchange(early_, {}));
}

void TlsEngine::receive(std::string_view bytes) {
  if (state_ == State::handshaking) records_.take(bytes);
  feed(bytes);
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
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const bool is_refused = ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED;
  error_ = is_refused ? std::exchange(refusal_, {}) : failureText(code, offer_, records_);
}

void TlsEngine::establish() {
  state_ = State::established;
  offer_ = {};
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
  if (TlsEngine* const engine = engineOf(ssl)) engine->refusal_ = refusalText(store);
  return 0;
}

int TlsEngine::onHello(SSL* ssl, int* /*alert*/, void* /*argument*/) {
  if (TlsEngine* const engine = engineOf(ssl)) engine->offer_ = ClientOffer::of(ssl);
  return SSL_CLIENT_HELLO_SUCCESS;
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

}  // namespace gannet::net
