#pragma once

#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace gannet {

// How long a test waits for what must come. Only a failing test waits so long.
inline constexpr std::chrono::milliseconds kPatience{10000};

// A descriptor with an owner.
class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}

  Fd(Fd&& other) noexcept : fd_(other.release()) {}

  Fd& operator=(Fd&& other) noexcept {
    reset(other.release());
    return *this;
  }

  ~Fd() { reset(); }

  [[nodiscard]] int get() const { return fd_; }

  int release() { return std::exchange(fd_, -1); }

  void reset(int fd = -1) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
  }

 private:
  int fd_;
};

// True if `fd` becomes readable, or the peer ends the stream, within the test's patience.
inline bool waitReadable(int fd, std::chrono::milliseconds patience = kPatience) {
  pollfd wanted{fd, POLLIN, 0};
  return ::poll(&wanted, 1, static_cast<int>(patience.count())) == 1;
}

// Connects to a port of this machine, blocking. The result is -1 if nobody listens.
inline Fd connectTo(std::uint16_t port) {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fd.reset();
  }
  return fd;
}

// Sends all of `bytes`; stops where the peer is gone.
inline void sendAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

// Reads until `enough(text)` holds, the stream ends or patience does.
template <class Enough>
std::string readUntil(int fd, Enough&& enough) {
  std::string text;
  while (!enough(text)) {
    if (!waitReadable(fd)) {
      ADD_FAILURE() << "waited in vain behind: " << text.substr(0, 500);
      return text;
    }
    char buffer[65536];
    const ssize_t got = ::recv(fd, buffer, sizeof buffer, 0);
    if (got <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
  }
  return text;
}

inline std::string readToClose(int fd) {
  return readUntil(fd, [](const std::string&) { return false; });
}

}  // namespace gannet
