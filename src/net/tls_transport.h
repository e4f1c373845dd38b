#pragma once

#include "net/tls_context.h"
#include "net/transport.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

using SSL = struct ssl_st;
using BIO = struct bio_st;

namespace gannet::net {

// The server's end of a TLS connection. OpenSSL works on memory; the socket is read and written
// here, as for plain connections.
//
// Cost  The handshake's private-key operation runs on the shard: 0.1 ms (ECDSA) to 1 ms (RSA).
class TlsTransport final : public Transport {
 public:
  enum class Handshake : std::uint8_t { done, wants_input, wants_room, failed };

  // `received` are bytes of the handshake that were read before.
  TlsTransport(Socket socket, TlsContextPtr context, std::string_view received);
  ~TlsTransport() override;

  // Goes on with the handshake as far as the received bytes allow.
  Handshake handshake();

  // True if the client's certificate is among the pinned ones, or none are.
  [[nodiscard]] bool hasPinnedCertificate() const;

  // Decrypts and encrypts; otherwise as any transport. A handshake comes first.
  IoResult read(char* into, std::size_t capacity) override;
  IoResult write(const iovec* pieces, int count) override;

  // Ciphertext waits to be sent.
  [[nodiscard]] bool hasUnsent() const override;
  void shutdown() override;

  // Both empty until the handshake is done.
  [[nodiscard]] TlsFacts tlsFacts() const override;
  [[nodiscard]] std::vector<PeerCertificate> peerCertificates() const override;

  [[nodiscard]] bool isPinned(const TlsContext& rules) const override;

 private:
  struct Free {
    void operator()(SSL* ssl) const;
  };

  IoResult refill();
  bool drainTo();
  std::string takeError() const;

  TlsContextPtr context_;
  std::unique_ptr<SSL, Free> ssl_;
  BIO* from_peer_;  // both owned by ssl_
  BIO* to_peer_;
  bool is_established_ = false;
  IoState write_state_ = IoState::more;
};

}  // namespace gannet::net
