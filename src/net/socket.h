#pragma once

#include <utility>

#include <unistd.h>

namespace gannet::net {

// A descriptor with its one owner, which closes it. Non-blocking, unless said otherwise.
class Socket {
 public:
  Socket() = default;

  explicit Socket(int fd) : fd_(fd) {}

  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

  Socket& operator=(Socket&& other) noexcept {
    if (this != &other) {
      close();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }

  ~Socket() { close(); }

  [[nodiscard]] int fd() const { return fd_; }

  [[nodiscard]] bool isOpen() const { return fd_ >= 0; }

  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_ = -1;
};

}  // namespace gannet::net
