#pragma once

#include "net/socket.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct iovec;

namespace gannet::net {

class TlsContext;
class TlsEngine;

enum class IoState : std::uint8_t {
  more,     // go on: there may be more to read, or room to write
  drained,  // wait for the socket before the next call
  closed,   // the peer ended the stream in order
  failed,   // reset or broken; see failedCall()
};

struct IoResult {
  IoState state = IoState::drained;
  std::size_t bytes = 0;  // moved; may be non-zero in every state
};

// A call to a socket that the kernel refused.
struct FailedCall {
  std::string_view name;  // "read", "write"; empty: none has failed
  int error = 0;          // its errno
};

// What TLS negotiated, for monitoring. Empty for plain connections.
struct TlsFacts {
  std::string version;       // "1.2", "1.3"
  std::string cipher_suite;  // IANA name
};

// A certificate that the peer has shown.
struct PeerCertificate {
  std::string subject;      // as displayText() of a distinguished name
  std::string spki_sha256;  // hex, of the public key with its algorithm
  std::string cert_sha256;  // hex
};

// How a handshake stands.
enum class Handshake : std::uint8_t {
  done,
  wants_input,  // wait for the socket to be readable
  wants_room,   // wait for the socket to be writable
  wants_step,   // let the engine step(): here, or lent out where time does not matter
  failed,
};

// The bytes of one connection, whatever carries them: a socket, or another transport below. The
// owner is told by the poller when to read and write through here, so an idle connection owns no
// buffer.
//
// Threads  One shard.
class Transport {
 public:
  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  virtual ~Transport() = default;

  // Goes on with what comes before the first byte, as far as the socket allows and without
  // computing anything. To be called until it is done; nothing is read or written before.
  virtual Handshake handshake() { return Handshake::done; }

  // Why the handshake failed; empty if the socket did, see failedCall().
  [[nodiscard]] virtual std::string_view handshakeError() const { return {}; }

  // Gives out the engine: for a step of the handshake on any thread, until giveBack(), or to be
  // destroyed there. Without it the transport only reads bytes away, and may be destroyed. Null if
  // there is none, or if it is out.
  [[nodiscard]] virtual std::unique_ptr<TlsEngine> takeEngine();
  virtual void giveBack(std::unique_ptr<TlsEngine> engine);

  // Reads at most `capacity` bytes, which must not be 0.
  virtual IoResult read(char* into, std::size_t capacity) = 0;

  // Writes from `pieces` in order. `bytes` counts what was taken over and must not be offered
  // again.
  virtual IoResult write(const iovec* pieces, int count) = 0;

  // True while bytes that write() took over have not reached the socket.
  [[nodiscard]] virtual bool hasUnsent() const { return false; }

  // Ends the stream in order, as far as that needs no waiting.
  virtual void shutdown() = 0;

  [[nodiscard]] virtual TlsFacts tlsFacts() const { return {}; }

  // What the peer has shown, its own certificate first; of a resumed session only that one.
  // Cost  Two digests a certificate: nothing is kept.
  [[nodiscard]] virtual std::vector<PeerCertificate> peerCertificates() const { return {}; }

  // True if the peer may stay as far as the pinned certificates of `rules` decide.
  [[nodiscard]] virtual bool isPinned(const TlsContext& /*rules*/) const { return true; }

  // A connected stream socket, TCP or Unix domain.
  [[nodiscard]] virtual Socket& socket() = 0;

  // The peer has ended its stream, or broke it: the end stands behind what is still to be read.
  virtual void noteHangUp() = 0;

  // The last call to the socket that failed.
  [[nodiscard]] virtual const FailedCall& failedCall() const = 0;
};

// A transport that stands on a socket.
class SocketTransport : public Transport {
 public:
  explicit SocketTransport(Socket socket) : socket_(std::move(socket)) {}

  void shutdown() override;

  [[nodiscard]] Socket& socket() final { return socket_; }

  void noteHangUp() final { has_hung_up_ = true; }

  [[nodiscard]] const FailedCall& failedCall() const final { return failed_call_; }

  // One recv and one writev, with their errors sorted into states.
  IoResult receive(char* into, std::size_t capacity);
  IoResult send(const iovec* pieces, int count);

 private:
  Socket socket_;
  bool has_hung_up_ = false;
  FailedCall failed_call_;
};

// Bytes as they are.
class PlainTransport final : public SocketTransport {
 public:
  using SocketTransport::SocketTransport;

  IoResult read(char* into, std::size_t capacity) override;
  IoResult write(const iovec* pieces, int count) override;
};

}  // namespace gannet::net
