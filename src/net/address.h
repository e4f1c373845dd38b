#pragma once

#include <cstdint>
#include <string>
#include <string_view>

struct sockaddr_storage;

namespace gannet::net {

// One end of a connection, as logs and monitoring show it.
struct PeerAddress {
  std::string ip;  // IPv6 without brackets; the path's placeholder for Unix sockets
  std::uint16_t port = 0;
};

// An IPv4 address within IPv6 is shown as IPv4. What is neither is "@", as the unnamed end of a
// Unix socket is.
[[nodiscard]] PeerAddress toPeer(const sockaddr_storage& address);

// host:port, with brackets around an IPv6 address.
[[nodiscard]] std::string withPort(const std::string& host, std::uint16_t port);

// The error of a call to the connected socket `fd`, as Go words it:
// "read tcp 127.0.0.1:4222->127.0.0.1:5001: read: connection reset by peer". The peer is an
// argument because the kernel forgets it with the connection.
[[nodiscard]] std::string callError(int fd, const PeerAddress& peer, std::string_view call,
                                    int error);

}  // namespace gannet::net
