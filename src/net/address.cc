#include "net/address.h"

#include "base/errno_text.h"

#include <fmt/format.h>

#include <array>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace gannet::net {

PeerAddress toPeer(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    return {text.data(), ntohs(v4.sin_port)};
  }
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
      ::inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text.data(), text.size());
    } else {
      ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    }
    return {text.data(), ntohs(v6.sin6_port)};
  }
  return {"@", 0};
}

std::string withPort(const std::string& host, std::uint16_t port) {
  const bool v6 = host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", v6 ? "[" : "", host, v6 ? "]" : "", port);
}

std::string callError(int fd, const PeerAddress& peer, std::string_view call, int error) {
  sockaddr_storage own{};
  socklen_t size = sizeof own;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size);
  std::string route;
  if (own.ss_family == AF_UNIX) {
    route = fmt::format("unix {}->@", reinterpret_cast<const sockaddr_un&>(own).sun_path);
  } else {
    const PeerAddress here = toPeer(own);
    route = fmt::format("tcp {}->{}", withPort(here.ip, here.port), withPort(peer.ip, peer.port));
  }
  return fmt::format("{} {}: {}: {}", call, route, call, errnoText(error));
}

}  // namespace gannet::net
