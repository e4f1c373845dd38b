#include "bench/client/wire.h"
#include "bench/modes/modes.h"
#include "bench/options.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace gannet::bench {
namespace {

constexpr std::string_view kInfo = "INFO {} \r\n";

// A server of many connections that answers PINGs and drops everything else that it reads.
class PingServer {
 public:
  // Of each publisher: how much it reads before it drops the connection.
  explicit PingServer(std::uint64_t patience = UINT64_MAX) : patience_(patience) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener_, 128), 0);
    EXPECT_EQ(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }

  PingServer(const PingServer&) = delete;
  PingServer& operator=(const PingServer&) = delete;

  ~PingServer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    for (const Peer& peer : peers_)
      close(peer.fd);
    close(listener_);
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }

  // How many connections have published something.
  [[nodiscard]] std::size_t publishers() const { return publishers_; }

 private:
  struct Peer {
    int fd;
    std::string rest{};
    std::uint64_t read = 0;
    bool has_published = false;
  };

  void serve() {
    for (;;) {
      std::vector<pollfd> wanted = {{.fd = listener_, .events = POLLIN, .revents = 0}};
      for (const Peer& peer : peers_)
        wanted.push_back({.fd = peer.fd, .events = POLLIN, .revents = 0});
      poll(wanted.data(), wanted.size(), -1);
      for (std::size_t i = 1; i < wanted.size(); ++i) {
        if (wanted[i].revents != 0) read(peers_[i - 1]);
      }
      if (wanted[0].revents == 0) continue;
      const int fd = accept(listener_, nullptr, nullptr);
      if (fd < 0) return;
      peers_.push_back({.fd = fd});
      send(fd, kInfo.data(), kInfo.size(), MSG_NOSIGNAL);
    }
  }

  void read(Peer& peer) {
    std::array<char, 65536> buffer;
    const ssize_t got = recv(peer.fd, buffer.data(), buffer.size(), 0);
    if (got <= 0) {
      close(peer.fd);
      peer.fd = -1;  // which poll() passes over
      return;
    }
    peer.read += static_cast<std::uint64_t>(got);
    peer.rest.append(buffer.data(), static_cast<std::size_t>(got));
    if (!peer.has_published && peer.rest.find("PUB load.busy 0\r\n") != std::string::npos) {
      peer.has_published = true;
      ++publishers_;
    }
    std::size_t at = 0;
    for (; (at = peer.rest.find(kPing)) != std::string::npos; peer.rest.erase(0, at + 6)) {
      send(peer.fd, kPong.data(), kPong.size(), MSG_NOSIGNAL);
    }
    if (peer.rest.size() > 1000) peer.rest.erase(0, peer.rest.size() - 100);
    if (peer.has_published && peer.read > patience_) shutdown(peer.fd, SHUT_RDWR);
  }

  std::uint64_t patience_;
  int listener_ = socket(AF_INET, SOCK_STREAM, 0);
  std::uint16_t port_ = 0;
  std::vector<Peer> peers_;
  std::atomic<std::size_t> publishers_{0};
  std::thread thread_;
};

Options optionsFor(const PingServer& server) {
  Options options;
  options.mode = Mode::ping;
  options.server.port = server.port();
  options.topology.subject = "load";
  options.msgs = 50;
  return options;
}

TEST(BenchPing, TimesEveryPong) {
  const PingServer server;

  const auto report = runPings(optionsFor(server));

  ASSERT_TRUE(report.has_value()) << report.error().text;
  EXPECT_EQ(report->units, 50U);
  ASSERT_TRUE(report->latency->has_value());
  EXPECT_EQ((**report->latency).count, 50U);
  EXPECT_GT((**report->latency).p50_us, 0);
  EXPECT_FALSE(report->beside->has_value());
  EXPECT_EQ(server.publishers(), 0U);
}

TEST(BenchPing, KeepsTheServerBusyMeanwhile) {
  const PingServer server;
  Options options = optionsFor(server);
  options.beside = 20;
  options.warmup = std::chrono::milliseconds{50};

  const auto report = runPings(options);

  ASSERT_TRUE(report.has_value()) << report.error().text;
  ASSERT_TRUE(report->beside->has_value());
  EXPECT_EQ((**report->beside).publishers, 20U);
  EXPECT_EQ(server.publishers(), 20U);
}

TEST(BenchPing, StopsWhenTheTimeIsUp) {
  const PingServer server;
  Options options = optionsFor(server);
  options.msgs = 0;
  options.duration = std::chrono::milliseconds{20};

  const auto report = runPings(options);

  ASSERT_TRUE(report.has_value()) << report.error().text;
  EXPECT_GE(report->seconds, 0.02);
  EXPECT_GT(report->units, 0U);
}

// A crowd that the server threw out is no load: the figures would be those of a quiet server.
TEST(BenchPing, ReportsAPublisherThatTheServerDropped) {
  const PingServer server(100'000);
  Options options = optionsFor(server);
  options.beside = 3;
  options.msgs = 0;
  options.duration = std::chrono::milliseconds{300};

  const auto report = runPings(options);

  ASSERT_FALSE(report.has_value());
  EXPECT_NE(report.error().text.find("publisher"), std::string::npos) << report.error().text;
}

}  // namespace
}  // namespace gannet::bench
