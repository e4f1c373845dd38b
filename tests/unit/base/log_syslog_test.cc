#include "base/log/syslog.h"
#include "tests/unit/base/temp_folder.h"

#include <gtest/gtest.h>

#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace gannet::log {
namespace {

constexpr WallTime kTime{std::chrono::seconds(1793793729)};

// A syslog daemon: one socket that lines can be read from. Reads end after ten seconds.
class Daemon {
 public:
  Daemon(int type, const std::string& path) : type_(type), fd_(::socket(AF_UNIX, type, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(static_cast<char*>(address.sun_path), sizeof(address.sun_path) - 1);
    listen(reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  }

  explicit Daemon(int type) : type_(type), fd_(::socket(AF_INET, type, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    listen(reinterpret_cast<const sockaddr*>(&address), sizeof(address));
    socklen_t size = sizeof(address);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ::ntohs(address.sin_port);
  }

  ~Daemon() {
    hangUp();
    ::close(fd_);
  }

  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // One datagram, or one line of a stream.
  std::string read() {
    if (type_ == SOCK_STREAM && peer_ < 0) peer_ = ::accept(fd_, nullptr, nullptr);
    char bytes[2048];
    if (type_ == SOCK_DGRAM) {
      const ssize_t size = ::recv(fd_, bytes, sizeof(bytes), 0);
      return {bytes, static_cast<std::size_t>(size < 0 ? 0 : size)};
    }
    std::string line;
    while (!line.ends_with('\n') && ::recv(peer_, bytes, 1, 0) == 1)
      line.push_back(bytes[0]);
    return line;
  }

  void hangUp() {
    if (peer_ >= 0) ::close(peer_);
    peer_ = -1;
  }

  [[nodiscard]] int port() const { return port_; }

 private:
  void listen(const sockaddr* address, socklen_t size) {
    const timeval timeout{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    EXPECT_EQ(::bind(fd_, address, size), 0);
    EXPECT_TRUE(type_ == SOCK_DGRAM || ::listen(fd_, 4) == 0);
  }

  int type_;
  int fd_;
  int peer_ = -1;
  int port_ = 0;
};

std::string connectError(const std::string& url) {
  auto address = parseSyslogUrl(url);
  if (!address) return address.error().text;
  const auto connected = SyslogDestination::connect(*address, "t");
  return connected ? "" : connected.error().text;
}

std::unique_ptr<SyslogDestination> connectTo(const std::string& url) {
  auto connected = SyslogDestination::connect(*parseSyslogUrl(url), "nats-server");
  EXPECT_TRUE(connected.has_value());
  return std::move(*connected);
}

std::string hostName() {
  char name[256] = {};
  EXPECT_EQ(::gethostname(name, sizeof(name) - 1), 0);
  return name;
}

TEST(Syslog, RefusesAddressesWithTheReferencesTexts) {  // config-and-cli §7.1

  struct Row {
    std::string url, error;
  };

  const Row rows[] = {
      {"http://x", "error invalid network type: \"http\""},
      {"foo", "error invalid network type: \"\""},
      {"udp://", "error connecting to syslog: \"dial udp: missing address\""},
      {"tcp://127.0.0.1",
       "error connecting to syslog: \"dial tcp: address 127.0.0.1: missing port in address\""},
      {"tcp://127.0.0.1:99999",
       "error connecting to syslog: \"dial tcp: address 99999: invalid port\""},
      {"tcp://127.0.0.1:99999999999999999999",
       "error connecting to syslog: \"dial tcp: address 99999999999999999999: invalid port\""},
      {"tcp://127.0.0.1:abc", "parse \"tcp://127.0.0.1:abc\": invalid port \":abc\" after host"},
      {"tcp://127.0.0.1:1",
       "error connecting to syslog: \"dial tcp 127.0.0.1:1: connect: connection refused\""},
      {"tcp://[::1]:1", "error connecting to syslog: \"dial tcp [::1]:1: connect: "},
      {"unix:///nope",
       "error connecting to syslog: \"dial unix /nope: connect: no such file or directory\""},
      {"unix:///" + std::string(200, 'x'), "error connecting to syslog: \"dial unix /" +
                                               std::string(200, 'x') +
                                               ": connect: invalid argument\""},
  };
  for (const Row& row : rows) {
    EXPECT_TRUE(connectError(row.url).starts_with(row.error)) << connectError(row.url);
  }
}

TEST(Syslog, SplitsHostAndPort) {
  const auto v6 = parseSyslogUrl("UDP://[::1]:514/path");
  ASSERT_TRUE(v6.has_value());
  EXPECT_EQ(v6->network, SyslogNetwork::udp);
  EXPECT_EQ(v6->host, "::1");
  EXPECT_EQ(v6->port, "514");

  const auto bare = parseSyslogUrl("tcp://[::1]");
  ASSERT_TRUE(bare.has_value());
  EXPECT_EQ(bare->host, "::1");
  EXPECT_EQ(bare->port, "");
}

TEST(Syslog, SaysWhenThisMachineHasNoDaemon) {
  const SyslogAddress nowhere{
      .network = SyslogNetwork::local, .host = {}, .port = {}, .paths = {"/nonexistent/log"}};

  const auto connected = SyslogDestination::connect(nowhere, "t");

  ASSERT_FALSE(connected.has_value());
  EXPECT_EQ(connected.error().text, "error connecting to syslog: \"Unix syslog delivery error\"");
}

TEST(Syslog, TellsTheLocalDaemonInTheDaemonFacility) {
  TempFolder folder;
  for (const int type : {SOCK_DGRAM, SOCK_STREAM}) {
    const std::string path = folder.at(std::to_string(type));
    Daemon daemon(type, path);
    auto syslog = SyslogDestination::connect({.network = SyslogNetwork::local,
                                              .host = {},
                                              .port = {},
                                              .paths = {"/nonexistent/log", path}},
                                             "nats-server");
    ASSERT_TRUE(syslog.has_value());

    (*syslog)->write({Level::info, kTime, "a text"});

    EXPECT_EQ(daemon.read(),
              fmt::format("<29>{} nats-server[{}]: a text\n", syslogLocalTime(kTime), ::getpid()));
  }
}

TEST(Syslog, TellsRemoteDaemonsEachLevelsSeverity) {
  struct Row {
    Level level;
    int priority;
  };

  constexpr Row kRows[] = {{Level::info, 5},  {Level::warning, 4}, {Level::error, 3},
                           {Level::fatal, 2}, {Level::debug, 7},   {Level::trace, 5}};
  Daemon udp(SOCK_DGRAM);
  Daemon tcp(SOCK_STREAM);
  const auto over_udp = connectTo(fmt::format("udp://127.0.0.1:{}", udp.port()));
  const auto over_tcp = connectTo(fmt::format("tcp://127.0.0.1:{}", tcp.port()));
  for (const Row& row : kRows) {
    over_udp->write({row.level, kTime, "a text"});
    over_tcp->write({row.level, kTime, "a text"});

    const std::string expected = fmt::format("<{}>{} {} nats-server[{}]: a text\n", row.priority,
                                             rfc3339Time(kTime), hostName(), ::getpid());
    EXPECT_EQ(udp.read(), expected);
    EXPECT_EQ(tcp.read(), expected);
  }
}

TEST(Syslog, LeavesTheHostOutOnAUnixSocket) {
  TempFolder folder;
  Daemon daemon(SOCK_STREAM, folder.at("socket"));
  const auto syslog = connectTo("unix://" + folder.at("socket"));

  syslog->write({Level::debug, kTime, "a text"});

  EXPECT_EQ(daemon.read(),
            fmt::format("<7>{} nats-server[{}]: a text\n", syslogLocalTime(kTime), ::getpid()));
}

TEST(Syslog, ConnectsAgainAfterTheDaemonHungUp) {
  TempFolder folder;
  Daemon daemon(SOCK_STREAM, folder.at("socket"));
  const auto syslog = connectTo("unix://" + folder.at("socket"));
  syslog->write({Level::info, kTime, "one"});
  EXPECT_TRUE(daemon.read().ends_with(": one\n"));

  daemon.hangUp();
  syslog->write({Level::info, kTime, "two"});

  EXPECT_TRUE(daemon.read().ends_with(": two\n"));
}

TEST(Syslog, ForgetsLinesWhileTheDaemonIsGone) {
  TempFolder folder;
  auto daemon = std::make_unique<Daemon>(SOCK_STREAM, folder.at("socket"));
  const auto syslog = connectTo("unix://" + folder.at("socket"));
  daemon = nullptr;
  std::filesystem::remove(folder.at("socket"));
  syslog->write({Level::info, kTime, "lost"});

  Daemon next(SOCK_STREAM, folder.at("socket"));
  syslog->write({Level::info, kTime, "kept"});

  EXPECT_TRUE(next.read().ends_with(": kept\n"));
}

}  // namespace
}  // namespace gannet::log
