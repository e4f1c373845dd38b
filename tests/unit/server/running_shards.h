#pragma once

#include "auth/simple_auth.h"
#include "config/options.h"
#include "server/session/greeting.h"
#include "server/shards/shard_set.h"
#include "server/state/crypto_threads.h"
#include "server/state/session.h"
#include "server/state/settings.h"
#include "server/state/shared.h"
#include "tests/unit/net/loopback.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>

namespace gannet::server {

// The options of a server with defaults, on a free port of this machine.
inline config::Options testOptions() {
  config::Options options;
  options.host = "127.0.0.1";
  options.port = -1;
  config::fillDefaults(options);
  return options;
}

// A client of a running server: bytes in, bytes out, and patience.
class Client {
 public:
  explicit Client(Fd fd) : fd_(std::move(fd)) {}

  void send(std::string_view bytes) { sendAll(fd_.get(), bytes); }

  // The next bytes up to and including `end`.
  std::string readThrough(std::string_view end) {
    received_ += gannet::readUntil(fd_.get(), [&](const std::string& more) {
      return (received_ + more).find(end) != std::string::npos;
    });
    const std::size_t at = received_.find(end);
    const std::size_t size = at == std::string::npos ? received_.size() : at + end.size();
    std::string text = received_.substr(0, size);
    received_.erase(0, size);
    return text;
  }

  std::string readLine() { return readThrough("\r\n"); }

  // The next `size` bytes.
  std::string read(std::size_t size) {
    received_ += gannet::readUntil(
        fd_.get(), [&](const std::string& more) { return received_.size() + more.size() >= size; });
    std::string text = received_.substr(0, size);
    received_.erase(0, size);
    return text;
  }

  // Everything up to the end of the stream.
  std::string readToEnd() { return std::exchange(received_, {}) + readToClose(fd_.get()); }

  // What was sent before has been served when this returns. Answers what came before the PONG.
  std::string flush() {
    send("PING\r\n");
    std::string text = readThrough("PONG\r\n");
    text.resize(text.size() - std::string_view("PONG\r\n").size());
    return text;
  }

  // True if bytes come within `time`.
  bool hearsWithin(std::chrono::milliseconds time) {
    return !received_.empty() || waitReadable(fd_.get(), time);
  }

  void close() { fd_.reset(); }

  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  Fd fd_;
  std::string received_;
};

// Shards with their shards, serving: a server without its process.
class RunningShards {
 public:
  explicit RunningShards(config::Options options = testOptions(), std::size_t count = 1) {
    auto made = std::make_shared<Settings>();
    made->auth_required =
        !options.authorization.user.empty() || !options.authorization.token.empty();
    made->options = std::move(options);
    settings = std::move(made);
    shared.passwords = &crypto_;
    shared.handshakes = &crypto_;
    shared.identity.id = "NTEST";
    shared.identity.name = "test";
    set = std::make_unique<ShardSet>(count, shared, settings);
    own_subscriptions_ = shared.accounts.at(account::kGlobalIndex).interest.stats().subscriptions;
  }

  // How many subscriptions clients have: all but the server's own.
  [[nodiscard]] std::size_t clientSubscriptions() const {
    return shared.accounts.at(account::kGlobalIndex).interest.stats().subscriptions -
           own_subscriptions_;
  }

  void start() {
    const auto listening = set->listen(*settings, shared.identity);
    ASSERT_TRUE(listening.has_value()) << listening.error().text;
    set->start();
  }

  // A connection that lives on `shard`, with INFO read.
  Client connect(std::size_t shard = 0) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    EXPECT_EQ(::fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    on(shard, [fd = ends[1]](Shard& there) { accept(there, fd, {"127.0.0.1", 4321}); });
    Client client{Fd(ends[0])};
    EXPECT_TRUE(client.readLine().starts_with("INFO {"));
    return client;
  }

  // As connect(), behind a CONNECT with `options`, further JSON members, and a PING.
  Client login(std::size_t shard = 0, std::string_view options = "") {
    Client client = connect(shard);
    const std::string comma = options.empty() ? "" : ",";
    // As nearly every client library connects; the protocol's own defaults are true.
    client.send(R"(CONNECT {"verbose":false,"pedantic":false)" + comma + std::string(options) +
                "}\r\n");
    EXPECT_EQ(client.flush(), "");
    return client;
  }

  // Runs `task` on shard `index` and waits for its end.
  void on(std::size_t index, const std::function<void(Shard&)>& task) {
    set->onEachAndWait([&](Shard& shard) {
      if (shard.loop.id() == index) task(shard);
    });
  }

  Shared shared;
  std::shared_ptr<const Settings> settings;
  std::unique_ptr<ShardSet> set;

 private:
  CryptoThreads crypto_{1};
  std::size_t own_subscriptions_ = 0;
};

}  // namespace gannet::server
