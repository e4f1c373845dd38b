#include "monitor/http/server.h"

#include "base/errno_text.h"
#include "base/log.h"
#include "monitor/go_time.h"
#include "monitor/http/session.h"
#include "net/listener.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

#include <sys/socket.h>

namespace gannet::monitor {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// Out of file descriptors, accepting waits until others close. As the client port does.
constexpr std::chrono::milliseconds kMinAcceptPause{10};
constexpr std::chrono::milliseconds kMaxAcceptPause{1000};

// Ends a coroutine. What it threw is its own end and nobody else's: from a detached one it would
// come out of the io_context's run.
void endAlone(const std::exception_ptr& thrown) {
  if (thrown == nullptr) return;
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& error) {
    log::client(log::Level::error, "Error serving a monitoring connection: {}", error.what());
  } catch (...) {
    log::client(log::Level::error, "Error serving a monitoring connection");
  }
}

}  // namespace

struct HttpServer::Listener {
  Listener(asio::io_context& io, Source& source, Settings given)
      : context(io),
        settings(std::move(given)),
        acceptor(io),
        pause(io),
        shared(std::make_shared<HttpShared>(source, settings.endpoints, settings.header_timeout)) {}

  asio::io_context& context;
  Settings settings;
  tcp::acceptor acceptor;
  asio::steady_timer pause;
  std::chrono::milliseconds next_pause{kMinAcceptPause};
  std::shared_ptr<HttpShared> shared;  // with every connection's coroutine: the last one frees it
  bool is_stopped = false;

  Result<void, Error> open();
  void serve(tcp::socket socket);
  void pauseAfter(const error_code& failure);
  static asio::awaitable<void> acceptAll(std::shared_ptr<Listener> self);
};

Result<void, Error> HttpServer::Listener::open() {
  const auto socket = net::listenTcp(settings.host, settings.port, net::PortSharing::exclusive);
  if (!socket) return socket.error();
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  ::getsockname(socket->fd, reinterpret_cast<sockaddr*>(&bound), &size);
  acceptor.assign(bound.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(), socket->fd);
  return {};
}

void HttpServer::Listener::serve(tcp::socket socket) {
  if (shared->links.size() >= kMaxConnections) return;  // closes it
  try {
    net::TlsContextPtr tls = settings.tls ? settings.tls() : nullptr;
    asio::co_spawn(context, serveConnection(shared, std::move(socket), std::move(tls)), endAlone);
  } catch (...) {
    endAlone(std::current_exception());
  }
}

// Arms `pause`. What keeps failing is told once a second, in the reference's words.
void HttpServer::Listener::pauseAfter(const error_code& failure) {
  error_code ignored;
  const auto local = acceptor.local_endpoint(ignored);
  const std::string host = local.address().to_string();
  const std::string statement = fmt::format(
      "monitoring: Accept error: accept tcp {}:{}: accept4: {}",
      local.address().is_v6() ? "[" + host + "]" : host, local.port(), errnoText(failure.value()));
  log::oncePerSecond(log::Level::error, statement, "; retrying in " + formatDuration(next_pause));
  pause.expires_after(next_pause);
  next_pause = std::min(next_pause * 2, kMaxAcceptPause);
}

asio::awaitable<void> HttpServer::Listener::acceptAll(std::shared_ptr<Listener> self) {
  while (!self->is_stopped) {
    error_code error;
    tcp::socket socket(self->context);
    co_await self->acceptor.async_accept(socket, asio::redirect_error(asio::use_awaitable, error));
    if (self->is_stopped) co_return;
    if (!error) {
      self->next_pause = kMinAcceptPause;
      self->serve(std::move(socket));
      continue;
    }
    self->pauseAfter(error);
    co_await self->pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
  }
}

HttpServer::HttpServer(std::shared_ptr<Listener> listener) : listener_(std::move(listener)) {}

HttpServer::~HttpServer() {
  stop();
}

Result<std::unique_ptr<HttpServer>, Error> HttpServer::listen(asio::io_context& context,
                                                              Source& source, Settings settings) {
  auto listener = std::make_shared<Listener>(context, source, std::move(settings));
  const auto opened = listener->open();
  if (!opened) return opened.error();
  asio::co_spawn(context, Listener::acceptAll(listener), endAlone);
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(listener)));
}

std::uint16_t HttpServer::port() const {
  error_code error;
  return listener_->acceptor.local_endpoint(error).port();
}

std::size_t HttpServer::connectionCount() const {
  return listener_->shared->links.size();
}

void HttpServer::stop() {
  if (std::exchange(listener_->is_stopped, true)) return;
  error_code ignored;
  listener_->acceptor.close(ignored);
  listener_->pause.cancel();
  // A stopped link may end, and leave the set, only when the io_context runs on.
  for (ConnectionEntry* link : listener_->shared->links)
    link->stop();
}

}  // namespace gannet::monitor
