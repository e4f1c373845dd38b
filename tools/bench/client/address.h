#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

#include <sys/socket.h>

namespace gannet::bench {

// Where a server listens, as people write it.
struct Address {
  std::string host = "127.0.0.1";
  std::uint16_t port = 4222;
  std::string path{};  // of a Unix-domain socket; not empty: host and port mean nothing

  friend bool operator==(const Address&, const Address&) = default;
};

// Reads `host`, `host:port`, `[v6]:port`, either behind `nats://`, or `unix:/path`.
Result<Address, Error> parseAddress(std::string_view text);

[[nodiscard]] std::string toString(const Address& address);

// Where a server listens, as the kernel takes it.
struct Endpoint {
  sockaddr_storage storage{};
  socklen_t size = 0;

  [[nodiscard]] int family() const { return storage.ss_family; }

  // Whether connections to it leave from 127/8, where every address may be a source.
  [[nodiscard]] bool isLoopback4() const;
};

// Asks the resolver, and takes its first answer.
Result<Endpoint, Error> resolve(const Address& address);

}  // namespace gannet::bench
