#pragma once

#include "bench/client/socket.h"

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <string_view>

namespace gannet::bench {

// What the client's ends of TLS share. The server's certificate is not checked: this is load.
class TlsContext {
 public:
  // TLS 1.2 and 1.3 with OpenSSL's defaults.
  TlsContext();

  // Lives as long as this.
  [[nodiscard]] SSL_CTX* get() const { return context_.get(); }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };

  std::unique_ptr<SSL_CTX, Free> context_;
};

// One client's end of TLS, over a connected non-blocking socket that it does not own.
class TlsClient {
 public:
  TlsClient(const TlsContext& context, int fd);

  // What a handshake came to, or waits for.
  enum class Progress : std::uint8_t { done, wants_read, wants_write, failed };

  // Goes on with the handshake as far as the socket allows. To be called again when the socket is
  // ready for what it wants.
  [[nodiscard]] Progress handshake() const;

  // As those of Socket, behind the handshake. One call receives at most one record: kRecord bytes
  // take it whole.
  [[nodiscard]] Transfer send(std::string_view bytes) const;
  [[nodiscard]] Transfer receive(char* buffer, std::size_t size) const;

  static constexpr std::size_t kRecord = 16384;

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  // Sorts out what an SSL_read or SSL_write returned.
  [[nodiscard]] Transfer toTransfer(int result) const;

  std::unique_ptr<SSL, Free> ssl_;
};

}  // namespace gannet::bench
