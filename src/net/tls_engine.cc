#include "net/tls_engine.h"

#include "base/assert.h"
#include "net/distinguished_name.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>
#include <utility>

#include <sys/uio.h>

namespace gannet::net {
namespace {

// A read takes so many bytes from the socket beyond what it got out of them. A client that sends
// records with nothing in them, or next to nothing, has its share like any other.
constexpr std::size_t kLeastFetch = std::size_t{17} * 1024;

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

// OpenSSL's way to the bytes of its engine, for both directions. It never blocks: what the socket
// does not take stays in the engine.
struct TlsEngine::Bytes {
  static int read(BIO* bio, char* into, std::size_t capacity, std::size_t* got) {
    BIO_clear_retry_flags(bio);
    *got = static_cast<TlsEngine*>(BIO_get_data(bio))->fetch(into, capacity);
    if (*got == 0) BIO_set_retry_read(bio);
    return *got > 0 ? 1 : 0;
  }

  static int write(BIO* bio, const char* bytes, std::size_t size, std::size_t* taken) {
    BIO_clear_retry_flags(bio);
    static_cast<TlsEngine*>(BIO_get_data(bio))->put({bytes, size});
    *taken = size;
    return 1;
  }

  static long control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
  }

  static const BIO_METHOD* method() {
    struct Free {
      void operator()(BIO_METHOD* method) const { BIO_meth_free(method); }
    };

    static const auto kMethod = [] {
      std::unique_ptr<BIO_METHOD, Free> made(BIO_meth_new(BIO_TYPE_SOURCE_SINK, "engine"));
      BIO_meth_set_read_ex(made.get(), read);
      BIO_meth_set_write_ex(made.get(), write);
      BIO_meth_set_ctrl(made.get(), control);
      return made;
    }();
    return kMethod.get();
  }
};

void TlsEngine::Free::operator()(SSL* ssl) const {
  SSL_free(ssl);
}

TlsEngine::TlsEngine(TlsContextPtr context, SocketTransport& socket)
    : context_(std::move(context)), socket_(&socket) {}

void TlsEngine::begin() {
  ssl_.reset(SSL_new(context_->native()));
  BIO* const bytes = BIO_new(Bytes::method());
  BIO_set_data(bytes, this);
  BIO_set_init(bytes, 1);
  SSL_set_bio(ssl_.get(), bytes, bytes);
  SSL_set_read_ahead(ssl_.get(), 1);
  SSL_set_accept_state(ssl_.get());
  SSL_set_ex_data(ssl_.get(), engineIndex(), this);
}

void TlsEngine::receive(std::string_view bytes) {
  GANNET_ASSERT(state_ == State::handshaking);
  records_.take(bytes);
  received_.append(bytes);
}

// OpenSSL asks for input. 0: there is none now, or none any more.
std::size_t TlsEngine::fetch(char* into, std::size_t capacity) {
  if (!received_.empty()) {
    const std::size_t size = received_.copy(into, capacity);
    received_ = received_.substr(size);  // gives the memory back, too
    return size;
  }
  if (state_ != State::established || read_state_ != IoState::more) return 0;
  if (fetched_ >= kLeastFetch + filled_) return 0;  // others get their turn; there is more to read
  const IoResult result = socket_->receive(into, capacity);
  read_state_ = result.state;
  fetched_ += result.bytes;
  return result.bytes;
}

// OpenSSL has output.
void TlsEngine::put(std::string_view bytes) {
  if (state_ == State::established && unsent_.empty()) bytes.remove_prefix(send(bytes));
  unsent_.append(bytes);
}

std::size_t TlsEngine::send(std::string_view bytes) {
  const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
  const IoResult result = socket_->send(&piece, 1);
  write_state_ = result.state;
  return result.bytes;
}

IoState TlsEngine::flush() {
  write_state_ = IoState::more;
  if (unsent_.empty()) return write_state_;
  unsent_ = unsent_.substr(send(unsent_));  // gives the memory back, too
  return write_state_;
}

IoResult TlsEngine::read(char* into, std::size_t capacity) {
  read_state_ = IoState::more;
  fetched_ = filled_ = 0;
  while (filled_ < capacity) {
    ERR_clear_error();
    std::size_t got = 0;
    const int result = SSL_read_ex(ssl_.get(), into + filled_, capacity - filled_, &got);
    filled_ += got;
    if (result == 1) continue;
    switch (SSL_get_error(ssl_.get(), result)) {
      case SSL_ERROR_WANT_READ: return {read_state_, filled_};
      case SSL_ERROR_ZERO_RETURN: return {IoState::closed, filled_};
      default: return {IoState::failed, filled_};
    }
  }
  return {IoState::more, filled_};
}

IoState TlsEngine::write(std::string_view bytes) {
  ERR_clear_error();
  std::size_t taken = 0;
  const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &taken);
  return result == 1 ? write_state_ : IoState::failed;
}

void TlsEngine::shutdown() {
  SSL_shutdown(ssl_.get());
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

}  // namespace gannet::net
