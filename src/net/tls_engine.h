#pragma once

#include "net/tls_context.h"
#include "net/tls_failure.h"
#include "net/transport.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

using SSL = struct ssl_st;
using X509 = struct x509_st;
using X509_STORE_CTX = struct x509_store_ctx_st;

namespace gannet::net {

// OpenSSL's side of the server's end of one TLS connection. Until the handshake is over it works on
// memory, so that any thread may compute it. Then OpenSSL reads and writes the socket: no copy lies
// between its buffers and the kernel.
//
// Threads  One at a time: a transport lends its engine to whoever computes the handshake.
// Locks    step() and the destructor take locks of OpenSSL's on which waiters spin. What moves the
//          bytes of a connection in good order takes none: it is for threads that must not wait.
class TlsEngine {
 public:
  enum class State : std::uint8_t { handshaking, established, failed };

  static constexpr std::size_t kRecord = 16384;  // the most plaintext of one record

  // `socket` is used in State::established and by flush() only.
  TlsEngine(TlsContextPtr context, SocketTransport& socket);

  // Takes in what the peer sent, during the handshake.
  void receive(std::string_view bytes);

  // True if a step of the handshake has something to begin with.
  [[nodiscard]] bool hasInput() const { return !received_.empty(); }

  // True after the first step.
  [[nodiscard]] bool hasBegun() const { return ssl_ != nullptr; }

  // Goes on with the handshake as far as the input allows. Needs State::handshaking.
  // Cost  The private-key operation: 0.1 ms (ECDSA) to 1 ms (RSA).
  void step();

  [[nodiscard]] State state() const { return state_; }

  // Writes what waits for the socket. Returns how that stands then.
  IoState flush();

  // True if ciphertext waits for the socket; behind the handshake about a record at most.
  [[nodiscard]] bool hasUnsent() const { return !unsent_.empty(); }

  // As Transport::read(). Needs State::established.
  IoResult read(char* into, std::size_t capacity);

  // Encrypts at most kRecord bytes and writes them. Needs State::established, and that nothing is
  // unsent. What the socket has no room for stays unsent. Returns how the socket stands then.
  IoState write(std::string_view bytes);

  // Tells the peer that nothing follows. Needs State::established.
  void shutdown();

  // OpenSSL's callback for each certificate of the peer: remembers why one was refused.
  static int onVerified(int is_good, X509_STORE_CTX* store);

  // OpenSSL's callback for a client's hello: remembers what it offered.
  static int onHello(SSL* ssl, int* alert, void* argument);

  // What the peer showed, its own certificate first; empty until the handshake is done, or if it
  // showed none.
  [[nodiscard]] const std::vector<PeerCertificate>& peerCertificates() const { return peer_; }

  // True if what the peer sent ends within a record, so that an end there cuts it off.
  [[nodiscard]] bool isWithinRecord() const { return records_.isWithinRecord(); }

  // Why the handshake failed, in the words of the reference where it has some.
  [[nodiscard]] const std::string& error() const { return error_; }

  // Null before the first step.
  [[nodiscard]] SSL* ssl() const { return ssl_.get(); }

 private:
  struct Bytes;

  struct Free {
    void operator()(SSL* ssl) const;
  };

  void begin();
  void establish();
  std::size_t fetch(char* into, std::size_t capacity);
  void put(std::string_view bytes);
  std::size_t send(std::string_view bytes);
  void addPeerCertificate(const X509* certificate);

  TlsContextPtr context_;           // its certificates are in use as long as the connection
  SocketTransport* socket_;         // whose engine it is
  std::unique_ptr<SSL, Free> ssl_;  // null until the first step
  std::string received_;            // not taken by OpenSSL yet
  std::string unsent_;
  IoState read_state_ = IoState::more;
  std::size_t fetched_ = 0;  // bytes of records, by this read
  std::size_t filled_ = 0;   // bytes of what was in them
  IoState write_state_ = IoState::more;
  State state_ = State::handshaking;
  std::vector<PeerCertificate> peer_;
  RecordWatch records_;  // of what the peer sent until the handshake was over
  ClientOffer offer_;    // until then
  std::string refusal_;  // of the peer's certificates
  std::string error_;
};

}  // namespace gannet::net
