#pragma once

#include <utility>

#include <unistd.h>

namespace gannet::net {

// A descriptor with its one owner, which closes it. Non-blocking, unless said otherwise.
//
// Threads  The owner's. Closing also takes the descriptor off every poller that watches it.
class Socket {
 public:
  // None.
  Socket() = default;

  // Takes `fd` over.
  explicit Socket(int fd) : fd_(fd) {}

  // The source owns nothing afterwards.
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

  Socket& operator=(Socket&& other) noexcept {
    if (this != &other) {
      close();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }

  ~Socket() { close(); }

  // For system calls; -1 if there is none. Stays this object's.
  [[nodiscard]] int fd() const { return fd_; }

  [[nodiscard]] bool isOpen() const { return fd_ >= 0; }

  // Errors are of no use to anyone here and are dropped. A no-op if nothing is owned.
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_ = -1;
};

}  // namespace gannet::net
