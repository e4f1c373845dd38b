#pragma once

#include "base/result.h"
#include "bench/client/connection.h"

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace gannet::bench {

// What the client's ends of TLS share.
class TlsContext {
 public:
  // TLS 1.2 and 1.3 with OpenSSL's defaults. With a `ca_file` (PEM) the server must show a
  // certificate for `host`, a name or an address, that one of its authorities signed; without one
  // any certificate is good, because this is load.
  // Errors  `ca_file` cannot be read or holds no certificate.
  static Result<TlsContext, Error> make(const std::string& ca_file, const std::string& host);

  // One connection's state. It keeps what it needs of this context alive.
  [[nodiscard]] SSL* makeSession() const;

 private:
  TlsContext();

  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };

  std::unique_ptr<SSL_CTX, Free> context_;
  std::string host_;  // empty: the certificate is not checked
};

// One client's end of TLS, over a connected non-blocking socket that it does not own. Connection
// says what its functions promise.
class TlsClient {
 public:
  TlsClient(const TlsContext& context, int fd);

  [[nodiscard]] Connection::Handshake shakeHands() const;
  [[nodiscard]] std::string handshakeError() const;

  // Large pieces go out in records of kRecord bytes.
  [[nodiscard]] Transfer send(std::string_view bytes) const;

  // kRecord bytes take a record whole.
  [[nodiscard]] Transfer receive(char* buffer, std::size_t size) const;
  [[nodiscard]] bool hasReadAhead() const;

  static constexpr std::size_t kRecord = 16384;  // the most that TLS allows

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  // Sorts out what an SSL_read or SSL_write returned.
  [[nodiscard]] Transfer toTransfer(int result) const;

  std::unique_ptr<SSL, Free> ssl_;
};

}  // namespace gannet::bench
