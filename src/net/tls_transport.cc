#include "net/tls_transport.h"

#include "net/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>

#include <sys/uio.h>

namespace gannet::net {
namespace {

constexpr std::size_t kRecord = 16384;  // the most plaintext of one TLS record
constexpr std::size_t kCipherScratch =
    std::size_t{4} * 17408;                                 // four records as they lie on the wire
constexpr std::size_t kMaxUnsent = std::size_t{64} * 1024;  // ciphertext made ahead of the socket

}  // namespace

TlsTransport::TlsTransport(Socket socket, TlsContextPtr context, std::string_view received)
    : SocketTransport(std::move(socket)), engine_(std::make_unique<TlsEngine>(std::move(context))) {
  engine_->receive(received);
}

// Reads ciphertext from the socket, once.
IoResult TlsTransport::refill() {
  std::array<char, kCipherScratch> scratch;
  const IoResult result = receive(scratch.data(), scratch.size());
  engine_->receive({scratch.data(), result.bytes});
  return result;
}

// Writes ciphertext to the socket. True if all of it went.
bool TlsTransport::drain() {
  while (true) {
    const std::string_view unsent = engine_->unsent();
    if (unsent.empty()) return true;
    const iovec piece{const_cast<char*>(unsent.data()), unsent.size()};
    const IoResult sent = send(&piece, 1);
    write_state_ = sent.state;
    if (sent.bytes == 0) return false;
    engine_->dropUnsent(sent.bytes);
    if (sent.state != IoState::more) return engine_->unsent().empty();
  }
}

std::unique_ptr<TlsEngine> TlsTransport::takeEngine() {
  is_established_ = false;
  return std::move(engine_);
}

Handshake TlsTransport::handshake() {
  const bool is_sent = drain();
  switch (engine_->state()) {
    case TlsEngine::State::established: is_established_ = true; return Handshake::done;
    case TlsEngine::State::failed: failure_ = engine_->error(); return Handshake::failed;
    case TlsEngine::State::handshaking: break;
  }
  if (!is_sent) return write_state_ == IoState::failed ? Handshake::failed : Handshake::wants_room;
  if (engine_->hasInput()) return Handshake::wants_step;
  const IoResult got = refill();
  if (got.bytes > 0) return Handshake::wants_step;
  if (got.state == IoState::drained) return Handshake::wants_input;
  if (got.state == IoState::closed) failure_ = engine_->isWithinRecord() ? "unexpected EOF" : "EOF";
  return Handshake::failed;
}

bool TlsTransport::isPinned(const TlsContext& rules) const {
  const bool shows_one = is_established_ && !engine_->peerCertificates().empty();
  return rules.isPinned(shows_one ? engine_->peerCertificates().front().spki_sha256 : "");
}

IoResult TlsTransport::read(char* into, std::size_t capacity) {
  if (!is_established_) return receive(into, capacity);
  std::size_t filled = 0;
  while (filled < capacity) {
    ERR_clear_error();
    std::size_t got = 0;
    const int result = SSL_read_ex(engine_->ssl(), into + filled, capacity - filled, &got);
    if (result == 1) {
      filled += got;
      continue;
    }
    switch (SSL_get_error(engine_->ssl(), result)) {
      case SSL_ERROR_WANT_READ: {
        const IoResult more = refill();
        if (more.bytes == 0) return {more.state, filled};
        break;
      }
      case SSL_ERROR_ZERO_RETURN: return {IoState::closed, filled};
      default: return {IoState::failed, filled};
    }
  }
  return {IoState::more, filled};
}

IoResult TlsTransport::write(const iovec* pieces, int count) {
  if (!is_established_) return {IoState::failed, 0};
  std::size_t taken = 0;
  if (!drain()) return {write_state_, 0};
  for (int i = 0; i < count; ++i) {
    const char* at = static_cast<const char*>(pieces[i].iov_base);
    std::size_t left = pieces[i].iov_len;
    while (left > 0) {
      ERR_clear_error();
      std::size_t wrote = 0;
      if (SSL_write_ex(engine_->ssl(), at, std::min(left, kRecord), &wrote) != 1)
        return {IoState::failed, taken};
      at += wrote;
      left -= wrote;
      taken += wrote;
      if (engine_->unsent().size() >= kMaxUnsent && !drain()) return {write_state_, taken};
    }
  }
  if (!drain()) return {write_state_, taken};
  return {IoState::more, taken};
}

bool TlsTransport::hasUnsent() const {
  return is_established_ && !engine_->unsent().empty();
}

void TlsTransport::shutdown() {
  if (is_established_) {
    SSL_shutdown(engine_->ssl());
    drain();
  }
  SocketTransport::shutdown();
}

void TlsTransport::releaseSpare() {
  if (is_established_) engine_->releaseSpare();
}

TlsFacts TlsTransport::tlsFacts() const {
  if (!is_established_) return {};
  const char* const suite = SSL_CIPHER_standard_name(SSL_get_current_cipher(engine_->ssl()));
  return {SSL_version(engine_->ssl()) == TLS1_3_VERSION ? "1.3" : "1.2",
          suite == nullptr ? "" : suite};
}

std::vector<PeerCertificate> TlsTransport::peerCertificates() const {
  if (!is_established_) return {};
  return engine_->peerCertificates();
}

}  // namespace gannet::net
