#pragma once

#include "net/tls_engine.h"
#include "net/transport.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gannet::net {

// The server's end of a TLS connection. OpenSSL works on memory, in a TlsEngine; the socket is read
// and written here, as for plain connections.
class TlsTransport final : public Transport {
 public:
  enum class Handshake : std::uint8_t {
    done,
    wants_input,  // wait for the socket to be readable
    wants_room,   // wait for the socket to be writable
    wants_step,   // let the engine step(): here, or lent out where time does not matter
    failed,
  };

  // `received` are bytes of the handshake that were read before.
  TlsTransport(Socket socket, TlsContextPtr context, std::string_view received);

  // Goes on with the handshake as far as the socket allows, without computing anything.
  Handshake handshake();

  // Why the handshake failed; empty if the socket did, see failedCall().
  [[nodiscard]] const std::string& failure() const { return failure_; }

  // Lends the engine out for a step of the handshake, on any thread. Until takeBack() the transport
  // only reads bytes away, and may be destroyed.
  [[nodiscard]] std::unique_ptr<TlsEngine> lendEngine() { return std::move(engine_); }

  // Gives the engine to whoever is to destroy it; null if it is lent out. From then on the
  // transport only reads bytes away.
  [[nodiscard]] std::unique_ptr<TlsEngine> giveUpEngine();

  void takeBack(std::unique_ptr<TlsEngine> engine) { engine_ = std::move(engine); }

  // Decrypts and encrypts; otherwise as any transport. A handshake comes first.
  IoResult read(char* into, std::size_t capacity) override;
  IoResult write(const iovec* pieces, int count) override;

  // Ciphertext waits to be sent.
  [[nodiscard]] bool hasUnsent() const override;
  void shutdown() override;
  void releaseSpare() override;

  // Both empty until the handshake is done.
  [[nodiscard]] TlsFacts tlsFacts() const override;
  [[nodiscard]] std::vector<PeerCertificate> peerCertificates() const override;

  [[nodiscard]] bool isPinned(const TlsContext& rules) const override;

 private:
  IoResult refill();
  bool drain();

  std::unique_ptr<TlsEngine> engine_;  // null while it is lent out
  bool is_established_ = false;
  IoState write_state_ = IoState::more;
  std::string failure_;  // of the handshake
};

}  // namespace gannet::net
