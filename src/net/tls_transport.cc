#include "net/tls_transport.h"

#include "net/tls_context.h"

#include <openssl/ssl.h>

#include <array>

#include <sys/uio.h>

namespace gannet::net {
namespace {

// What a peer sends in one flight of its handshake, unless it shows many certificates.
constexpr std::size_t kFlight = 16384;

using Record = std::array<char, TlsEngine::kRecord>;

// Takes pieces apart into the plaintext of records: as large as they may be, so that what a record
// costs is paid seldom.
class Records {
 public:
  Records(const iovec* pieces, int count) : piece_(pieces), end_(pieces + count) { skipTaken(); }

  // The next record's plaintext, in its piece if that has enough, or else gathered into `room`.
  // Empty at the end.
  std::string_view next(Record& room) {
    const std::string_view first = take(room.size());
    if (first.size() == room.size() || piece_ == end_) return first;
    std::size_t size = first.copy(room.data(), first.size());
    while (size < room.size() && piece_ != end_) {
      const std::string_view more = take(room.size() - size);
      size += more.copy(room.data() + size, more.size());
    }
    return {room.data(), size};
  }

 private:
  // At most `size` bytes that lie in one piece; none at the end.
  std::string_view take(std::size_t size) {
    if (piece_ == end_) return {};
    const std::string_view piece(static_cast<const char*>(piece_->iov_base), piece_->iov_len);
    const std::string_view part = piece.substr(taken_, size);
    taken_ += part.size();
    skipTaken();
    return part;
  }

  void skipTaken() {
    while (piece_ != end_ && taken_ == piece_->iov_len) {
      ++piece_;
      taken_ = 0;
    }
  }

  const iovec* piece_;
  const iovec* end_;
  std::size_t taken_ = 0;  // of the piece
};

}  // namespace

TlsTransport::TlsTransport(Socket socket, TlsContextPtr context, std::string_view received)
    : SocketTransport(std::move(socket)),
      engine_(std::make_unique<TlsEngine>(std::move(context), *this)) {
  engine_->receive(received);
}

std::unique_ptr<TlsEngine> TlsTransport::takeEngine() {
  is_established_ = false;
  return std::move(engine_);
}

Handshake TlsTransport::handshake() {
  const IoState sent = engine_->flush();
  switch (engine_->state()) {
    case TlsEngine::State::established: is_established_ = true; return Handshake::done;
    case TlsEngine::State::failed: failure_ = engine_->error(); return Handshake::failed;
    case TlsEngine::State::handshaking: break;
  }
  if (sent == IoState::failed) return Handshake::failed;
  if (engine_->hasUnsent()) return Handshake::wants_room;
  if (engine_->hasInput()) return Handshake::wants_step;
  std::array<char, kFlight> flight;
  const IoResult got = receive(flight.data(), flight.size());
  engine_->receive({flight.data(), got.bytes});
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
  return is_established_ ? engine_->read(into, capacity) : receive(into, capacity);
}

IoResult TlsTransport::write(const iovec* pieces, int count) {
  if (!is_established_) return {IoState::failed, 0};
  IoState state = engine_->flush();
  std::size_t taken = 0;
  Records records(pieces, count);
  Record room;
  while (state == IoState::more) {
    const std::string_view record = records.next(room);
    if (record.empty()) break;
    state = engine_->write(record);
    if (state != IoState::failed) taken += record.size();
  }
  return {state, taken};
}

bool TlsTransport::hasUnsent() const {
  return is_established_ && engine_->hasUnsent();
}

void TlsTransport::shutdown() {
  if (is_established_) {
    engine_->shutdown();
    engine_->flush();
  }
  SocketTransport::shutdown();
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
