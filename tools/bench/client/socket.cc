#include "bench/client/socket.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <system_error>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace gannet::bench {
namespace {

constexpr std::size_t kConnectionsPerSource = 20000;  // of about 28,000 ephemeral ports
constexpr std::size_t kSpareDescriptors = 64;         // for epoll, stdio and /proc

Transfer toTransfer(ssize_t result) {
  if (result > 0) return {.size = static_cast<std::size_t>(result)};
  if (result == 0) return {.is_closed = true};
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return {.is_blocked = true};
  return {.error = errno};
}

bool bindToLoopback(int fd, std::size_t index) {
  sockaddr_in source{};
  source.sin_family = AF_INET;
  const auto host = static_cast<std::uint32_t>(1 + index / kConnectionsPerSource);
  source.sin_addr.s_addr = htonl(INADDR_LOOPBACK + host);
  const int on = 1;
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  sockaddr storage{};
  static_assert(sizeof storage == sizeof source);
  std::copy_n(reinterpret_cast<const char*>(&source), sizeof source,
              reinterpret_cast<char*>(&storage));
  return bind(fd, &storage, sizeof storage) == 0;
}

}  // namespace

Socket& Socket::operator=(Socket&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(can_discard_, other.can_discard_);
  return *this;
}

Socket::~Socket() {
  if (fd_ >= 0) close(fd_);
}

Result<Socket, Error> Socket::connect(const Endpoint& endpoint, std::size_t index) {
  Socket made(socket(endpoint.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (made.fd() < 0) return Error{"socket: " + errnoText(errno)};
  if (endpoint.family() != AF_UNIX) {
    const int on = 1;
    setsockopt(made.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    made.can_discard_ = true;
  }
  if (endpoint.isLoopback4() && index >= kConnectionsPerSource &&
      !bindToLoopback(made.fd(), index)) {
    return Error{"bind: " + errnoText(errno)};
  }
  const auto* const address = reinterpret_cast<const sockaddr*>(&endpoint.storage);
  if (::connect(made.fd(), address, endpoint.size) != 0 && errno != EINPROGRESS) {
    return Error{"connect: " + errnoText(errno)};
  }
  return made;
}

int Socket::connectError() const {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

void Socket::setAbortOnClose() const {
  const linger abort{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
}

Transfer Socket::send(std::string_view bytes) const {
  return toTransfer(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
}

Transfer Socket::receive(char* buffer, std::size_t size) const {
  return toTransfer(recv(fd_, buffer, size, 0));
}

Transfer Socket::discard(std::size_t size) const {
  return toTransfer(recv(fd_, nullptr, size, MSG_TRUNC));
}

std::string errnoText(int error) {
  return std::system_category().message(error);
}

Result<void, Error> reserveDescriptors(std::size_t wanted) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t needed = wanted + kSpareDescriptors;
  if (needed <= limit.rlim_cur) return {};
  rlimit raised{.rlim_cur = needed, .rlim_max = std::max(needed, limit.rlim_max)};
  if (setrlimit(RLIMIT_NOFILE, &raised) == 0) return {};
  return Error{std::to_string(wanted) + " connections do not fit: this process may open " +
               std::to_string(limit.rlim_max) + " files (ulimit -n)"};
}

}  // namespace gannet::bench
