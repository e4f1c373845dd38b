#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gannet::protocol {

enum class ProxyState : std::uint8_t {
  need_more,  // more bytes decide
  none,       // not a PROXY header: the bytes belong to an unproxied client
  local,      // a header that keeps the peer's own address (UNKNOWN, LOCAL, UNSPEC)
  address,    // a header that names the client
  error,      // a malformed header: close
};

struct ProxyHeader {
  ProxyState state = ProxyState::need_more;
  std::size_t size = 0;           // local, address: bytes to take off the front
  std::string source_ip{};        // address: as Go prints it, IPv4-mapped IPv6 as IPv4
  std::uint16_t source_port = 0;  // address
  std::string error{};            // error: for the log
};

// Reads a PROXY protocol header, version 1 or 2, at the start of what a connection has sent so far.
// Called again with more bytes until the answer is not need_more; never looks at bytes behind the
// header, and never needs more than 16 + 65535.
//
// Cost  O(107) however often it is called: the length of version 2 is skipped, not scanned.
// Spec  client-protocol §2.4
[[nodiscard]] ProxyHeader parseProxyHeader(std::string_view received);

}  // namespace gannet::protocol
