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
using BIO = struct bio_st;
using X509 = struct x509_st;
using X509_STORE_CTX = struct x509_store_ctx_st;

namespace gannet::net {

// The server's end of one TLS connection in memory: no socket. What the peer sent is put in, what
// it is to get is taken out.
//
// Threads  One at a time: a transport lends its engine to whoever computes the handshake.
// Locks    step() and the destructor take locks of OpenSSL's on which waiters spin. What moves
// bytes
//          of a connection in good order takes none: it is for threads that must not wait.
class TlsEngine {
 public:
  enum class State : std::uint8_t { handshaking, established, failed };

  explicit TlsEngine(TlsContextPtr context);

  // Takes in what the peer sent.
  void receive(std::string_view bytes);

  // True if a step of the handshake has something to begin with.
  [[nodiscard]] bool hasInput() const;

  // True after the first step.
  [[nodiscard]] bool hasBegun() const { return ssl_ != nullptr; }

  // Goes on with the handshake as far as the input allows. Needs State::handshaking.
  // Cost  The private-key operation: 0.1 ms (ECDSA) to 1 ms (RSA).
  void step();

  [[nodiscard]] State state() const { return state_; }

  // Ciphertext that waits for the socket. Valid until the next call.
  [[nodiscard]] std::string_view unsent() const;
  void dropUnsent(std::size_t size);

  // Frees the room that large output once needed. OpenSSL's memory never shrinks by itself.
  void releaseSpare();

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
  struct Free {
    void operator()(SSL* ssl) const;
  };

  void begin();
  void feed(std::string_view bytes);
  void establish();
  void addPeerCertificate(const X509* certificate);

  TlsContextPtr context_;           // its certificates are in use as long as the connection
  std::string early_;               // what came before the first step
  std::unique_ptr<SSL, Free> ssl_;  // null until then
  BIO* from_peer_ = nullptr;        // both owned by ssl_
  BIO* to_peer_ = nullptr;
  State state_ = State::handshaking;
  std::vector<PeerCertificate> peer_;
  RecordWatch records_;  // of what the peer sent until the handshake was over
  ClientOffer offer_;    // until then
  std::string refusal_;  // of the peer's certificates
  std::string error_;
};

}  // namespace gannet::net
