#include "base/log/syslog.h"

#include "base/errno_text.h"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

namespace gannet::log {
namespace {

constexpr int kDaemonFacility = 3 << 3;
constexpr timeval kIoTimeout{2, 0};  // a daemon that hangs must not hold the log for ever

// Syslog's severities, as the reference assigns them.
int severity(Level level) {
  switch (level) {
    case Level::info: return 5;
    case Level::warning: return 4;
    case Level::error: return 3;
    case Level::fatal: return 2;
    case Level::debug: return 7;
    case Level::trace: return 5;
  }
  return 5;
}

std::string hostName() {
  char name[256] = {};
  if (::gethostname(name, sizeof(name) - 1) != 0) return "localhost";
  return name;
}

// A new socket whose calls end after kIoTimeout; -1 and errno where there is none.
int openSocket(int family, int type) {
  const int fd = ::socket(family, type | SOCK_CLOEXEC, 0);
  if (fd >= 0) ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &kIoTimeout, sizeof(kIoTimeout));
  return fd;
}

// A connected socket; -1 and errno where there is none.
int connectTo(int type, const sockaddr* address, socklen_t size) {
  const int fd = openSocket(address->sa_family, type);
  if (fd < 0 || ::connect(fd, address, size) == 0) return fd;
  const int why = errno;
  ::close(fd);
  errno = why == EINPROGRESS ? ETIMEDOUT : why;
  return -1;
}

int connectUnix(int type, const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    errno = EINVAL;
    return -1;
  }
  std::memcpy(static_cast<char*>(address.sun_path), path.data(), path.size());
  return connectTo(type, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
}

Result<int, Error> connectInternet(const SyslogAddress& address) {
  const bool is_tcp = address.network == SyslogNetwork::tcp;
  const std::string dial = is_tcp ? "dial tcp" : "dial udp";
  if (address.host.empty() && address.port.empty()) return Error{dial + ": missing address"};
  if (address.port.empty()) {
    return Error{dial + ": address " + address.host + ": missing port in address"};
  }
  unsigned port = 0;
  const char* const end = address.port.data() + address.port.size();
  if (std::from_chars(address.port.data(), end, port).ec != std::errc() || port > 65535) {
    return Error{dial + ": address " + address.port + ": invalid port"};
  }
  addrinfo hints{};
  hints.ai_socktype = is_tcp ? SOCK_STREAM : SOCK_DGRAM;
  addrinfo* found = nullptr;
  const char* const host = address.host.empty() ? nullptr : address.host.c_str();
  if (::getaddrinfo(host, address.port.c_str(), &hints, &found) != 0) {
    return Error{dial + ": lookup " + address.host + ": no such host"};
  }
  int fd = -1;
  for (const addrinfo* at = found; at != nullptr && fd < 0; at = at->ai_next) {
    fd = connectTo(at->ai_socktype, at->ai_addr, at->ai_addrlen);
  }
  const int why = errno;
  ::freeaddrinfo(found);
  if (fd >= 0) return fd;
  const bool v6 = address.host.find(':') != std::string::npos;
  return Error{fmt::format("{} {}{}{}:{}: connect: {}", dial, v6 ? "[" : "", address.host,
                           v6 ? "]" : "", port, errnoText(why))};
}

Result<int, Error> connectLocal(const SyslogAddress& address) {
  for (const int type : {SOCK_DGRAM, SOCK_STREAM}) {
    for (const std::string& path : address.paths) {
      if (const int fd = connectUnix(type, path); fd >= 0) return fd;
    }
  }
  return Error{"Unix syslog delivery error"};
}

Result<int, Error> connectAny(const SyslogAddress& address) {
  switch (address.network) {
    case SyslogNetwork::local: return connectLocal(address);
    case SyslogNetwork::unix_stream: {
      const std::string& path = address.paths.front();
      if (const int fd = connectUnix(SOCK_STREAM, path); fd >= 0) return fd;
      return Error{"dial unix " + path + ": connect: " + errnoText(errno)};
    }
    case SyslogNetwork::tcp:
    case SyslogNetwork::udp: return connectInternet(address);
  }
  return Error{"unknown network"};
}

// Splits "host:port", "[v6]:port" or "host".
Result<void, Error> splitHostPort(std::string_view url, std::string_view text,
                                  SyslogAddress& address) {
  std::size_t colon = text.rfind(':');
  const std::size_t bracket = text.rfind(']');
  if (bracket != std::string_view::npos && colon != std::string_view::npos && colon < bracket) {
    colon = std::string_view::npos;
  }
  std::string_view host = text.substr(0, colon);
  if (host.size() > 1 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  address.host = host;
  if (colon == std::string_view::npos) return {};
  address.port = text.substr(colon + 1);
  if (address.port.find_first_not_of("0123456789") != std::string::npos) {
    return Error{fmt::format(R"(parse "{}": invalid port ":{}" after host)", url, address.port)};
  }
  return {};
}

}  // namespace

SyslogAddress localSyslog() {
  return {.network = SyslogNetwork::local,
          .host = {},
          .port = {},
          .paths = {"/dev/log", "/var/run/syslog", "/var/run/log"}};
}

Result<SyslogAddress, Error> parseSyslogUrl(std::string_view url) {
  const std::size_t separator = url.find("://");
  std::string scheme(separator == std::string_view::npos ? "" : url.substr(0, separator));
  for (char& c : scheme) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  SyslogAddress address;
  if (scheme == "udp" || scheme == "tcp") {
    address.network = scheme == "udp" ? SyslogNetwork::udp : SyslogNetwork::tcp;
    std::string_view host = url.substr(separator + 3);
    host = host.substr(0, host.find_first_of("/?#"));
    if (auto split = splitHostPort(url, host, address); !split) return split.error();
    return address;
  }
  if (scheme == "unix") {
    const std::string_view rest = url.substr(separator + 3);
    const std::size_t slash = rest.find('/');
    address.network = SyslogNetwork::unix_stream;
    address.paths.emplace_back(slash == std::string_view::npos ? "" : rest.substr(slash));
    return address;
  }
  return Error{fmt::format("error invalid network type: \"{}\"", scheme)};
}

Result<std::unique_ptr<SyslogDestination>, Error> SyslogDestination::connect(SyslogAddress address,
                                                                             std::string tag) {
  std::unique_ptr<SyslogDestination> made(
      new SyslogDestination(std::move(address), std::move(tag)));
  if (auto connected = made->connectSocket(); !connected) {
    return Error{fmt::format("error connecting to syslog: \"{}\"", connected.error().text)};
  }
  return made;
}

SyslogDestination::SyslogDestination(SyslogAddress address, std::string tag)
    : address_(std::move(address)), tag_(std::move(tag)), host_name_(hostName()) {}

SyslogDestination::~SyslogDestination() {
  if (fd_ >= 0) ::close(fd_);
}

Result<void, Error> SyslogDestination::connectSocket() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  const auto connected = connectAny(address_);
  if (!connected) return connected.error();
  fd_ = *connected;
  return {};
}

// A stream carries the packets one after the other, each ended by its newline; a datagram is one
// packet, and send() takes it whole or not at all.
bool SyslogDestination::send(std::string_view bytes) {
  while (fd_ >= 0 && !bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (sent == 0 || errno != EINTR) {
      return false;
    }
  }
  return bytes.empty();
}

void SyslogDestination::write(const Line& line) {
  const std::string bytes = packet(line);
  if (send(bytes)) return;
  const bool is_slow = errno == EAGAIN;
  if (connectSocket() && !is_slow) send(bytes);
}

// The daemon of this machine, and a Unix socket, get the short form without a host.
std::string SyslogDestination::packet(const Line& line) const {
  const bool is_local = address_.network == SyslogNetwork::local;
  const int priority = (is_local ? kDaemonFacility : 0) | severity(line.level);
  const bool is_short = is_local || address_.network == SyslogNetwork::unix_stream;
  const std::string stamp =
      is_short ? syslogLocalTime(line.time) : rfc3339Time(line.time) + " " + host_name_;
  return fmt::format("<{}>{} {}[{}]: {}\n", priority, stamp, tag_, ::getpid(), line.text);
}

}  // namespace gannet::log
