#include "net/listener.h"

#include "base/errno_text.h"
#include "base/log.h"
#include "net/event_loop.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace gannet::net {
namespace {

constexpr int kBacklog = 4096;
constexpr auto kMinPause = std::chrono::milliseconds(10);
constexpr auto kMaxPause = std::chrono::milliseconds(1000);

struct AddressFree {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

Result<ListeningSocket, Error> bindAndListen(const addrinfo& address, PortSharing sharing,
                                             const std::string& name) {
  const int fd = ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const auto fail = [fd, &name](const char* what) -> Error {
    const int error = errno;
    if (fd >= 0) ::close(fd);
    return Error{fmt::format("listen tcp {}: {}: {}", name, what, errnoText(error))};
  };
  if (fd < 0) return fail("socket");
  const int on = 1;
  const int off = 0;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (sharing == PortSharing::shared) ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  if (address.ai_family == AF_INET6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  if (::bind(fd, address.ai_addr, address.ai_addrlen) != 0) return fail("bind");
  if (::listen(fd, kBacklog) != 0) return fail("listen");
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size);
  const auto port = bound.ss_family == AF_INET6
                        ? reinterpret_cast<const sockaddr_in6*>(&bound)->sin6_port
                        : reinterpret_cast<const sockaddr_in*>(&bound)->sin_port;
  return ListeningSocket{fd, ntohs(port)};
}

// True if one IPv6 socket on this machine takes connections over IPv4 too.
bool canServeBothFamilies() {
  const Socket socket(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int off = 0;
  sockaddr_in6 all{};
  all.sin6_family = AF_INET6;
  return ::setsockopt(socket.fd(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0 &&
         ::bind(socket.fd(), reinterpret_cast<const sockaddr*>(&all), sizeof all) == 0;
}

bool isLive(const sockaddr_un& address) {
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return false;
  const bool live =
      ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(probe);
  return live;
}

}  // namespace

Result<ListeningSocket, Error> listenTcp(const std::string& host, std::int64_t wanted,
                                         PortSharing sharing) {
  if (wanted < -1 || wanted > UINT16_MAX) {
    return Error{fmt::format("listen tcp: address {}: invalid port", wanted)};
  }
  const auto port = static_cast<std::uint16_t>(std::max<std::int64_t>(wanted, 0));
  const bool means_all = host.empty() || host == "0.0.0.0";
  const std::string node = means_all && canServeBothFamilies() ? "::" : host;
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const std::string service = fmt::format("{}", port);
  const int code =
      ::getaddrinfo(node.empty() ? nullptr : node.c_str(), service.c_str(), &hints, &found);
  if (code != 0) {
    return Error{fmt::format("listen tcp: lookup {}: {}", host,
                             code == EAI_NONAME ? "no such host" : gai_strerror(code))};
  }
  const std::unique_ptr<addrinfo, AddressFree> list(found);
  // A name that has both families is served on its IPv4 address, as the reference does.
  const addrinfo* best = list.get();
  for (const addrinfo* each = list.get(); each != nullptr; each = each->ai_next) {
    if (each->ai_family == AF_INET) {
      best = each;
      break;
    }
  }
  return bindAndListen(*best, sharing, withPort(host, port));
}

Result<ListeningSocket, Error> listenUnix(const std::string& path, unsigned mode) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return Error{fmt::format("listen unix {}: path too long", path)};
  }
  std::memcpy(static_cast<char*>(address.sun_path), path.data(), path.size());
  if (isLive(address))
    return Error{fmt::format("listen unix {}: bind: address already in use", path)};

  struct stat existing {};

  if (::lstat(path.c_str(), &existing) == 0 && S_ISSOCK(existing.st_mode)) ::unlink(path.c_str());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0 || ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::chmod(path.c_str(), mode) != 0 || ::listen(fd, kBacklog) != 0) {
    const int error = errno;
    if (fd >= 0) ::close(fd);
    return Error{fmt::format("listen unix {}: bind: {}", path, errnoText(error))};
  }
  return ListeningSocket{fd, 0};
}

Listener::Listener(EventLoop& shard, ListeningSocket socket, Accepted accepted)
    : shard_(shard),
      socket_(socket.fd),
      watch_{[](void* self, Readiness) { static_cast<Listener*>(self)->acceptReady(); }, this},
      accepted_(std::move(accepted)),
      next_pause_(kMinPause) {}

Listener::~Listener() {
  close();
}

void Listener::start() {
  watch();
}

void Listener::close() {
  pause_.cancel();
  socket_.close();
}

void Listener::watch() {
  if (!shard_.poller().watchListener(socket_.fd(), watch_)) pauseAfter(errno);
}

// About 30 us a connection; then sockets with traffic get their turn.
void Listener::acceptReady() {
  const MonoTime end = monoNow() + shard_.sideTime();
  for (bool is_first = true; socket_.isOpen() && (is_first || monoNow() < end); is_first = false) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    const int fd = ::accept4(socket_.fd(), reinterpret_cast<sockaddr*>(&address), &size,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EAGAIN || errno == EWOULDBLOCK) break;
      if (errno == EINTR || errno == ECONNABORTED) continue;
      const int error = errno;
      shard_.poller().unwatch(socket_.fd());
      return pauseAfter(error);
    }
    next_pause_ = kMinPause;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    accepted_(fd, toPeer(address));
  }
}

void Listener::pauseAfter(int error) {
  // While clients come and go at the limit of open files, each one that gets in starts the pauses
  // again at the shortest: the line of a pause is for once a second, not for each.
  log::oncePerSecond(log::Level::error,
                     fmt::format("Temporary Client Accept Error({}), sleeping {}ms",
                                 errnoText(error), next_pause_.count()));
  shard_.wheel().arm(
      pause_, shard_.now(), next_pause_, [](void* self) { static_cast<Listener*>(self)->watch(); },
      this);
  next_pause_ = std::min(next_pause_ * 2, kMaxPause);
}

}  // namespace gannet::net
