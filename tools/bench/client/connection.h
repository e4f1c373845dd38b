#pragma once

#include "base/result.h"
#include "bench/client/socket.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace gannet::bench {

class TlsClient;
class TlsContext;

// A client's connection: a socket, in the clear or below TLS.
//
// Threads  One at a time.
class Connection {
 public:
  explicit Connection(Socket socket);
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&& other) noexcept;
  ~Connection();

  [[nodiscard]] int fd() const { return socket_.fd(); }

  // What a TLS handshake came to, or waits for.
  enum class Handshake : std::uint8_t { done, wants_read, wants_write, failed };

  // From here on the connection is below TLS, which is not usable before shakeHands() is done.
  void startTls(const TlsContext& context);

  // Continues the handshake as far as the socket allows. To be called again when the socket is
  // ready for what the handshake wants.
  [[nodiscard]] Handshake shakeHands() const;

  // Why the handshake failed, in the words of the TLS library.
  [[nodiscard]] std::string handshakeError() const;

  // Frees what TLS holds. The connection stays open, and nothing can be sent or received any more.
  void dropTls();

  // Takes as many bytes as fit. Below TLS what was not taken must come again, at the front of the
  // next call's bytes, because a part of it may be encrypted already.
  [[nodiscard]] Transfer send(std::string_view bytes) const;

  // Reads once; below TLS at most one record.
  [[nodiscard]] Transfer receive(char* buffer, std::size_t size) const;

  // Whether receive() may find bytes although the socket has none: TLS reads ahead.
  [[nodiscard]] bool hasReadAhead() const;

  // As Socket::discard(), and only when canDiscard(): ciphertext has to be read.
  [[nodiscard]] Transfer discard(std::size_t size) const { return socket_.discard(size); }

  [[nodiscard]] bool canDiscard() const { return tls_ == nullptr && socket_.canDiscard(); }

  [[nodiscard]] int connectError() const { return socket_.connectError(); }

  void setAbortOnClose() const { socket_.setAbortOnClose(); }

 private:
  Socket socket_;
  std::unique_ptr<TlsClient> tls_;  // null: in the clear
};

}  // namespace gannet::bench
