#pragma once

#include "base/result.h"
#include "bench/client/address.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace gannet::bench {

// What a read or write of a non-blocking socket came to.
struct Transfer {
  std::size_t size = 0;
  bool is_blocked = false;  // nothing now: wait until the socket is ready
  bool is_closed = false;   // by the other side
  int error = 0;            // errno; the connection is dead
};

// Owns a file descriptor.
class Socket {
 public:
  Socket() = default;

  explicit Socket(int fd) : fd_(fd) {}

  Socket(Socket&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), can_discard_(other.can_discard_) {}

  Socket& operator=(Socket&& other) noexcept;
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket();

  // Starts to connect. `index` spreads connections to this machine over the addresses of 127/8:
  // one source address has ports for less than 30,000.
  static Result<Socket, Error> connect(const Endpoint& endpoint, std::size_t index);

  [[nodiscard]] int fd() const { return fd_; }

  // The outcome of a started connect; 0 is success.
  [[nodiscard]] int connectError() const;

  // Makes a close drop the connection at once (RST), which leaves no TIME_WAIT behind.
  void setAbortOnClose() const;

  [[nodiscard]] Transfer send(std::string_view bytes) const;
  [[nodiscard]] Transfer receive(char* buffer, std::size_t size) const;
  // Takes at most `size` bytes off the connection without copying them anywhere. Only when
  // canDiscard(): a Unix-domain socket cannot.
  [[nodiscard]] Transfer discard(std::size_t size) const;

  [[nodiscard]] bool canDiscard() const { return can_discard_; }

 private:
  int fd_ = -1;
  bool can_discard_ = false;
};

// "Connection refused" and the like.
[[nodiscard]] std::string errnoText(int error);

// Raises the limit of open files as far as this process may; an error says how far that is when
// `wanted` does not fit.
Result<void, Error> reserveDescriptors(std::size_t wanted);

}  // namespace gannet::bench
