#pragma once

#include "net/socket.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct iovec;

namespace gannet::net {

class TlsContext;

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

// The bytes of one connection, whatever carries them. The owner is told by the poller when to read
// and write through here, so an idle connection owns no buffer.
//
// Threads  One shard.
class Transport {
 public:
  explicit Transport(Socket socket) : socket_(std::move(socket)) {}

  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  virtual ~Transport() = default;

  // Reads at most `capacity` bytes, which must not be 0.
  virtual IoResult read(char* into, std::size_t capacity) = 0;

  // Writes from `pieces` in order. `bytes` counts what was taken over and must not be offered
  // again.
  virtual IoResult write(const iovec* pieces, int count) = 0;

  // True while bytes that write() took over have not reached the socket.
  [[nodiscard]] virtual bool hasUnsent() const { return false; }

  // Ends the stream in order, as far as that needs no waiting.
  virtual void shutdown();

  [[nodiscard]] virtual TlsFacts tlsFacts() const { return {}; }

  // What the peer has shown, its own certificate first; of a resumed session only that one.
  // Cost  Two digests a certificate: nothing is kept.
  [[nodiscard]] virtual std::vector<PeerCertificate> peerCertificates() const { return {}; }

  // True if the peer may stay as far as the pinned certificates of `rules` decide.
  [[nodiscard]] virtual bool isPinned(const TlsContext& /*rules*/) const { return true; }

  // Gives back what only speed needs, as far as nothing waits in it.
  virtual void releaseSpare() {}

  // A connected stream socket, TCP or Unix domain.
  [[nodiscard]] Socket& socket() { return socket_; }

  // The peer has ended its stream, or broke it: the end stands behind what is still to be read.
  void noteHangUp() { has_hung_up_ = true; }

  // The last call to the socket that failed.
  [[nodiscard]] const FailedCall& failedCall() const { return failed_call_; }

 protected:
  // One recv and one writev, with their errors sorted into states.
  IoResult receive(char* into, std::size_t capacity);
  IoResult send(const iovec* pieces, int count);

 private:
  Socket socket_;
  bool has_hung_up_ = false;
  FailedCall failed_call_;
};

// Bytes as they are.
class PlainTransport final : public Transport {
 public:
  using Transport::Transport;

  IoResult read(char* into, std::size_t capacity) override;
  IoResult write(const iovec* pieces, int count) override;
};

}  // namespace gannet::net
