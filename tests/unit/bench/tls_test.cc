#include "bench/client/tls.h"

#include "bench/client/address.h"
#include "bench/client/handshake.h"
#include "bench/client/inbound.h"
#include "bench/client/message_reader.h"
#include "bench/client/wire.h"
#include "tests/unit/bench/tls_server.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <poll.h>
#include <unistd.h>

namespace gannet::bench {
namespace {

constexpr int kDeadlineMs = 10'000;

std::string message(std::size_t size) {
  return "MSG bench 1 " + std::to_string(size) + "\r\n" + std::string(size, 'x') + "\r\n";
}

Result<std::vector<Connection>, Error> openOne(const TlsServer& server, const TlsContext& context) {
  const auto endpoint = resolve({.host = "127.0.0.1", .port = server.port()});
  Opening opening{.count = 1, .tls = &context};
  opening.hello = [](std::size_t) { return connectLine({}); };
  return openConnections(*endpoint, opening);
}

// A connection to `server` that accepts any certificate.
Connection open(const TlsServer& server) {
  auto connections = openOne(server, TlsContext::make("", "").value());
  EXPECT_TRUE(connections.has_value()) << connections.error().text;
  return std::move(connections->front());
}

// The same, and all that the script holds has come.
Connection openAndListen(TlsServer& server) {
  Connection connection = open(server);
  EXPECT_EQ(connection.send(kPing).size, kPing.size());
  server.waitUntilSaid();
  return connection;
}

std::string errorOf(const TlsServer& server, const TlsContext& context) {
  const auto connections = openOne(server, context);
  return connections.has_value() ? "" : connections.error().text;
}

// The socket has something to read, or room, as an event loop would learn it.
bool isReady(const Connection& connection, short events = POLLIN) {
  pollfd wanted{.fd = connection.fd(), .events = events, .revents = 0};
  return poll(&wanted, 1, kDeadlineMs) == 1;
}

// A file that goes when the test ends.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view text) : path_(testing::TempDir() + "bench-tls-XXXXXX") {
    const int fd = mkstemp(path_.data());
    EXPECT_EQ(write(fd, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    close(fd);
  }

  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  ~TemporaryFile() { std::filesystem::remove(path_); }

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST(BenchTls, SendsWhatItIsGivenInTheLargestRecords) {
  std::string bytes(1'000'000, 'a');
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<char>('a' + i % 23);
  TlsServer server;
  std::optional<Connection> connection = open(server);

  for (std::string_view rest = bytes; !rest.empty();) {
    const Transfer sent = connection->send(rest);
    ASSERT_EQ(sent.error, 0);
    rest.remove_prefix(sent.size);
    ASSERT_TRUE(isReady(*connection, POLLOUT));
  }
  connection.reset();

  EXPECT_EQ(server.finish(), bytes);
  EXPECT_EQ(server.largestRecord(), TlsClient::kRecord);
}

// An event loop hears of bytes in the socket, not of those that TLS has read ahead.
TEST(BenchTls, LeavesNothingBehindThatWasReadAhead) {
  TlsServer::Script script;
  for (int i = 0; i < 100; ++i) {
    script.says.push_back(message(10));
    script.says.push_back(message(10) + message(10) + std::string(kPing));
  }
  script.says.push_back(std::string(kPing));
  TlsServer server(script);
  const Connection connection = openAndListen(server);
  Inbound inbound(message(10).size());
  std::vector<char> buffer(Inbound::kMinBuffer);

  while (inbound.counter().pings() < 101) {
    ASSERT_TRUE(isReady(connection)) << inbound.counter().messages() << " messages";
    const auto got = inbound.receive(connection, buffer);
    ASSERT_TRUE(got.has_value()) << got.error().text;
  }

  EXPECT_EQ(inbound.counter().messages(), 300U);
}

TEST(BenchTls, LeavesNoMessageBehindThatWasReadAhead) {
  TlsServer::Script script;
  for (int i = 0; i < 10; ++i) {
    script.says.push_back(message(1000));
    script.says.push_back(message(1000) + message(1000));
  }
  TlsServer server(script);
  const Connection connection = openAndListen(server);
  MessageReader reader;

  for (int seen = 0; seen < 30;) {
    ASSERT_TRUE(isReady(connection)) << seen << " messages";
    const auto got = reader.receive(connection);
    ASSERT_TRUE(got.has_value()) << got.error().text;
    while (reader.next().has_value())
      ++seen;
  }
}

TEST(BenchTls, TellsWhatTheServerSaidBeforeItClosed) {
  TlsServer::Script script;
  script.says = {message(10), "-ERR 'Slow Consumer'\r\n"};
  script.closes = true;
  TlsServer server(script);
  const Connection connection = openAndListen(server);
  Inbound inbound(message(10).size());
  std::vector<char> buffer(Inbound::kMinBuffer);

  Result<std::size_t, Error> got = std::size_t{0};
  while (got.has_value() && isReady(connection))
    got = inbound.receive(connection, buffer);

  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().text, "the server says 'Slow Consumer'");
}

TEST(BenchTls, TakesAnEndWithoutAFarewellForAClose) {
  TlsServer::Script script;
  script.closes = true;
  TlsServer server(script);
  const Connection connection = open(server);
  ASSERT_EQ(server.finish(), "");
  ASSERT_TRUE(isReady(connection));
  std::array<char, 100> buffer{};

  EXPECT_TRUE(connection.receive(buffer.data(), buffer.size()).is_closed);
}

TEST(BenchTls, RefusesAServerThatDoesNotSpeakIt) {
  TlsServer::Script script;
  script.info = "INFO {\"tls_required\":false} \r\n";
  const TlsServer server(script);

  EXPECT_EQ(errorOf(server, TlsContext::make("", "").value()),
            "connection 1 of 1: the server does not speak TLS");
}

TEST(BenchTls, ChecksTheCertificateWhenAuthoritiesAreGiven) {
  const TlsServer good;
  const TlsServer other;
  const TlsServer misnamed;
  const TemporaryFile authority(good.identity().pem());
  const TemporaryFile misnamed_authority(misnamed.identity().pem());

  EXPECT_EQ(errorOf(good, TlsContext::make(authority.path(), "127.0.0.1").value()), "");
  EXPECT_NE(errorOf(other, TlsContext::make(authority.path(), "127.0.0.1").value()), "");
  EXPECT_NE(errorOf(misnamed, TlsContext::make(misnamed_authority.path(), "localhost").value()),
            "");
}

TEST(BenchTls, NamesAFileThatHoldsNoAuthorities) {
  const TemporaryFile empty("nothing\n");
  for (const std::string& path : {empty.path(), std::string("/nowhere/ca.pem")}) {
    const auto context = TlsContext::make(path, "localhost");

    ASSERT_FALSE(context.has_value());
    EXPECT_EQ(context.error().text.substr(0, path.size() + 2), path + ": ");
  }
}

}  // namespace
}  // namespace gannet::bench
