#include "bench/client/address.h"

#include <charconv>
#include <cstring>
#include <memory>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>

namespace gannet::bench {
namespace {

constexpr std::string_view kScheme = "nats://";
constexpr std::string_view kUnixScheme = "unix:";

Error badAddress(std::string_view text, std::string_view why) {
  return Error{"server address \"" + std::string(text) + "\": " + std::string(why)};
}

Result<std::uint16_t, Error> parsePort(std::string_view text, std::string_view whole) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) {
    return badAddress(whole, "the port is not a number from 1 to 65535");
  }
  return port;
}

Result<Address, Error> parseUnix(std::string_view path, std::string_view whole) {
  if (path.empty()) return badAddress(whole, "the path is empty");
  if (path.size() >= sizeof(sockaddr_un::sun_path))
    return badAddress(whole, "the path is too long");
  return Address{.path = std::string(path)};
}

Result<Endpoint, Error> unixEndpoint(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  Endpoint endpoint;
  std::memcpy(&endpoint.storage, &address, sizeof address);
  endpoint.size = sizeof address;
  return endpoint;
}

}  // namespace

Result<Address, Error> parseAddress(std::string_view text) {
  if (text.starts_with(kUnixScheme)) return parseUnix(text.substr(kUnixScheme.size()), text);
  std::string_view rest = text;
  if (rest.starts_with(kScheme)) rest.remove_prefix(kScheme.size());
  if (rest.find("://") != std::string_view::npos) return badAddress(text, "unknown scheme");
  if (rest.find('@') != std::string_view::npos) {
    return badAddress(text, "names and passwords go to --user and --password");
  }

  Address address;
  std::string_view port;
  if (rest.starts_with('[')) {
    const std::size_t end = rest.find(']');
    if (end == std::string_view::npos) return badAddress(text, "a ']' is missing");
    address.host = rest.substr(1, end - 1);
    port = rest.substr(end + 1);
  } else {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    address.host = rest.substr(0, colon);
    port = rest.substr(colon);
  }
  if (address.host.empty()) return badAddress(text, "the host is empty");
  if (address.host.find('/') != std::string::npos) return badAddress(text, "unknown scheme");
  if (port.empty()) return address;
  if (!port.starts_with(':')) return badAddress(text, "a ':' is missing before the port");
  const auto number = parsePort(port.substr(1), text);
  if (!number) return number.error();
  address.port = *number;
  return address;
}

std::string toString(const Address& address) {
  if (!address.path.empty()) return std::string(kUnixScheme) + address.path;
  const bool is_v6 = address.host.find(':') != std::string::npos;
  const std::string host = is_v6 ? "[" + address.host + "]" : address.host;
  return host + ":" + std::to_string(address.port);
}

bool Endpoint::isLoopback4() const {
  if (family() != AF_INET) return false;
  sockaddr_in address{};
  std::memcpy(&address, &storage, sizeof address);
  return (ntohl(address.sin_addr.s_addr) >> 24U) == 127;
}

Result<Endpoint, Error> resolve(const Address& address) {
  if (!address.path.empty()) return unixEndpoint(address.path);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const std::string port = std::to_string(address.port);
  const int code = getaddrinfo(address.host.c_str(), port.c_str(), &hints, &list);
  if (code != 0) return badAddress(toString(address), gai_strerror(code));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(list, &freeaddrinfo);
  Endpoint endpoint;
  std::memcpy(&endpoint.storage, list->ai_addr, list->ai_addrlen);
  endpoint.size = list->ai_addrlen;
  return endpoint;
}

}  // namespace gannet::bench
