#pragma once

#include "net/tls_engine.h"
#include "net/transport.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gannet::net {

// The server's end of a TLS connection. OpenSSL works on memory, in a TlsEngine; the socket is read
// and written here, as for plain connections. The engine may be out at any time: read() then only
// throws bytes away, and write() fails.
class TlsTransport final : public SocketTransport {
 public:
  // `received` are bytes of the handshake that were read before.
  TlsTransport(Socket socket, TlsContextPtr context, std::string_view received);

  Handshake handshake() override;

  [[nodiscard]] std::string_view handshakeError() const override { return failure_; }

  [[nodiscard]] std::unique_ptr<TlsEngine> takeEngine() override;

  void giveBack(std::unique_ptr<TlsEngine> engine) override { engine_ = std::move(engine); }

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
  std::unique_ptr<TlsEngine> engine_;  // null while it is out
  bool is_established_ = false;
  std::string failure_;  // of the handshake
};

}  // namespace gannet::net
