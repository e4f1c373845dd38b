#include "monitor/http/server.h"
#include "tests/unit/monitor/fake_source.h"
#include "tests/unit/net/self_signed.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <optional>
#include <thread>

namespace gannet::monitor {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

constexpr std::string_view kGetHealth = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr std::string_view kGetHealthAndClose =
    "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
constexpr std::string_view kHealthy = "{\"status\":\"ok\"}";

// A client that blocks, on a thread of its own world.
class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(context_) {
    socket_.connect({asio::ip::address_v4::loopback(), port});
  }

  void send(std::string_view bytes) {
    boost::system::error_code ignored;  // the server may close before it read everything
    asio::write(socket_, asio::buffer(bytes), ignored);
  }

  std::string readToClose() {
    std::string all;
    boost::system::error_code end;
    asio::read(socket_, asio::dynamic_buffer(all), end);
    return all;
  }

  std::string readUntil(std::string_view end) {
    std::string all;
    while (all.find(end) == std::string::npos) {
      char bytes[4096];
      boost::system::error_code error;
      const std::size_t size = socket_.read_some(asio::buffer(bytes), error);
      if (error) return all + "<closed>";
      all.append(bytes, size);
    }
    return all;
  }

  asio::io_context& context() { return context_; }

  tcp::socket& socket() { return socket_; }

 private:
  asio::io_context context_;
  tcp::socket socket_;
};

class HttpServerTest : public testing::Test {
 protected:
  void start(HttpServer::Settings settings = {}) {
    settings.host = "127.0.0.1";
    auto listening = HttpServer::listen(context_, source_, std::move(settings));
    ASSERT_TRUE(listening) << listening.error().text;
    server_ = std::move(*listening);
    port_ = server_->port();
    thread_ = std::thread([this] { context_.run(); });
  }

  // Runs `f` on the server's thread and gives its result.
  template <class F>
  auto onServer(F f) {
    std::packaged_task<decltype(f())()> task(std::move(f));
    auto result = task.get_future();
    asio::post(context_, [&] { task(); });
    return result.get();
  }

  void waitForConnections(std::size_t count) {
    while (onServer([this] { return server_->connectionCount(); }) != count) {
      std::this_thread::yield();
    }
  }

  // Ends when nothing is left to do: a coroutine that hangs would hang here.
  void stop() {
    asio::post(context_, [this] { server_->stop(); });
    thread_.join();
  }

  void TearDown() override {
    if (thread_.joinable()) stop();
  }

  std::string exchange(std::string_view request) {
    Client client(port_);
    client.send(request);
    return client.readToClose();
  }

  FakeSource source_;
  asio::io_context context_;
  std::unique_ptr<HttpServer> server_;
  std::thread thread_;
  std::uint16_t port_ = 0;
};

TEST_F(HttpServerTest, AnswersWithTheLinesOfTheReference) {
  start();
  EXPECT_THAT(exchange(kGetHealthAndClose),
              MatchesRegex("HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: \\*\r\n"
                           "Content-Type: application/json\r\n"
                           "Date: [A-Z][a-z]+, [0-9]+ [A-Z][a-z]+ 20[0-9]+ [0-9:]+ GMT\r\n"
                           "Content-Length: 15\r\nConnection: close\r\n\r\n.\"status\":\"ok\"."));
  EXPECT_THAT(exchange("GET /nope HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 404 Not Found\r\nContent-Type: text/plain; charset=utf-8\r\n"
                         "X-Content-Type-Options: nosniff\r\nDate: "));
}

TEST_F(HttpServerTest, KeepsTheConnection) {
  start();
  Client client(port_);
  for (int round = 0; round < 3; ++round) {
    client.send(kGetHealth);
    EXPECT_THAT(client.readUntil(kHealthy), StartsWith("HTTP/1.1 200 OK\r\n"));
  }
  client.send(std::string(kGetHealth) + std::string(kGetHealthAndClose));  // pipelined
  const std::string both = client.readToClose();
  EXPECT_THAT(both, EndsWith(kHealthy));
  EXPECT_NE(both.find("HTTP/1.1 200 OK", 1), std::string::npos);
}

TEST_F(HttpServerTest, LooksAtNoMethodButHead) {  // monitoring §1.1
  start();
  for (const char* method : {"POST", "PUT", "DELETE", "FOO"}) {
    EXPECT_THAT(
        exchange(std::string(method) + " /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                                       "Content-Length: 3\r\n\r\nabc"),
        EndsWith(kHealthy))
        << method;
  }
  EXPECT_THAT(exchange("HEAD /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              EndsWith("Content-Length: 15\r\nConnection: close\r\n\r\n"));
}

TEST_F(HttpServerTest, SkipsBodies) {
  start();
  Client client(port_);
  client.send(
      "POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n0\r\n\r\n");
  client.readUntil(kHealthy);
  client.send("POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\nx");
  EXPECT_THAT(client.readToClose(), EndsWith(kHealthy));  // too long to skip
}

TEST_F(HttpServerTest, SpeaksHttp10) {
  start();
  EXPECT_THAT(exchange("GET /healthz HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.0 200 OK\r\n"));
  Client client(port_);
  client.send("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(client.readUntil(kHealthy), HasSubstr("Connection: keep-alive\r\n"));
}

TEST_F(HttpServerTest, RefusesWhatIsNoRequest) {
  struct Row {
    std::string request;
    std::string_view status;
  };

  const Row rows[] = {
      {"GARBAGE\r\n\r\n", "400 Bad Request"},
      {"GET /healthz HTTP/1.1\r\n\r\n", "400 Bad Request"},
      {"GET /healthz HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", "400 Bad Request"},
      {"GET /" + std::string(1'100'000, 'a'), "431 Request Header Fields Too Large"},
  };
  start();
  for (const Row& row : rows) {
    Client client(port_);
    client.send(row.request);
    const std::string answer = client.readUntil("\r\n\r\n" + std::string(row.status));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + std::string(row.status) + "\r\n"));
  }
}

TEST_F(HttpServerTest, RefusesAHeadThatIsCutShort) {
  start();
  Client client(port_);
  client.send("GET /healthz HTTP/1.1\r\nHost: x\r\n");
  client.socket().shutdown(tcp::socket::shutdown_send);
  EXPECT_THAT(client.readToClose(), StartsWith("HTTP/1.1 400 Bad Request\r\n"));
}

TEST_F(HttpServerTest, BuffersNoEndlessChunkLine) {
  start();
  Client client(port_);
  client.send("POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;x=" +
              std::string(400'000, 'a'));
  client.readToClose();
  EXPECT_THAT(exchange(kGetHealthAndClose), EndsWith(kHealthy));
}

TEST_F(HttpServerTest, OutlivesWhatAConnectionThrows) {
  start();
  Client client(port_);  // Beast throws at a trailer of more than 64 KiB
  client.send("POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: " +
              std::string(70'000, 'a') + "\r\n\r\n");
  client.readToClose();
  EXPECT_THAT(exchange(kGetHealthAndClose), EndsWith(kHealthy));
}

TEST_F(HttpServerTest, ClosesWhatSendsNoHeaderInTime) {
  HttpServer::Settings settings;
  settings.header_timeout = std::chrono::milliseconds(30);
  start(std::move(settings));
  EXPECT_EQ(exchange(""), "");
  EXPECT_EQ(exchange("GET /healthz HTTP/1.1\r\nHost"), "");
}

TEST_F(HttpServerTest, HasABoundOfConnections) {
  start();
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 256; ++i)
    clients.push_back(std::make_unique<Client>(port_));
  waitForConnections(256);

  EXPECT_EQ(exchange(kGetHealthAndClose), "");
  clients.pop_back();
  waitForConnections(255);
  EXPECT_THAT(exchange(kGetHealthAndClose), EndsWith(kHealthy));
}

TEST_F(HttpServerTest, SurvivesAClientThatGoesBeforeTheAnswer) {
  source_.is_slow = true;
  start();
  {
    Client client(port_);
    client.send(kGetHealth);
    while (onServer([this] { return source_.waiting.empty(); }))
      std::this_thread::yield();
  }
  onServer([this] { source_.release(); });
  waitForConnections(0);
}

TEST_F(HttpServerTest, StopsWhateverIsUnderWay) {
  source_.is_slow = true;
  start();
  Client idle(port_);
  Client asking(port_);
  Client half(port_);
  asking.send(kGetHealth);
  half.send("GET /healthz HT");
  waitForConnections(3);
  while (onServer([this] { return source_.waiting.empty(); }))
    std::this_thread::yield();

  stop();
  EXPECT_EQ(idle.readToClose(), "");
  EXPECT_EQ(asking.readToClose(), "");
  EXPECT_EQ(half.readToClose(), "");
  source_.release();  // too late, and harmless
}

TEST_F(HttpServerTest, NamesTheAddressItCannotBind) {
  start();
  HttpServer::Settings settings;
  settings.host = "127.0.0.1";
  settings.port = port_;
  const auto second = HttpServer::listen(context_, source_, std::move(settings));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().text,
            "listen tcp 127.0.0.1:" + std::to_string(port_) + ": bind: address already in use");
}

// A server context with a certificate of its own that demands client certificates.
net::TlsContextPtr strictTls() {
  net::TlsSettings settings;
  settings.certificates = {net::SelfSigned("server").pair};
  settings.verify = true;
  return *net::TlsContext::create(settings);
}

TEST_F(HttpServerTest, AsksNoClientCertificateInsideTls) {  // monitoring §1.1, item 10
  HttpServer::Settings settings;
  settings.tls = [tls = strictTls()] { return tls; };
  start(std::move(settings));

  Client client(port_);
  asio::ssl::context context(asio::ssl::context::tls_client);
  asio::ssl::stream<tcp::socket&> stream(client.socket(), context);
  stream.handshake(asio::ssl::stream_base::client);
  asio::write(stream, asio::buffer(kGetHealthAndClose));
  std::string answer;
  boost::system::error_code end;
  asio::read(stream, asio::dynamic_buffer(answer), end);
  EXPECT_THAT(answer, EndsWith(kHealthy));
  EXPECT_EQ(end, asio::error::eof);  // with close_notify

  EXPECT_EQ(exchange(kGetHealth),
            "HTTP/1.0 400 Bad Request\r\n\r\n"
            "Client sent an HTTP request to an HTTPS server.\n");
}

}  // namespace
}  // namespace gannet::monitor
