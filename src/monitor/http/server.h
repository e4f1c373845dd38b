#pragma once

#include "base/result.h"
#include "monitor/endpoints.h"
#include "net/tls_context.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace boost::asio {
class io_context;
}

namespace gannet::monitor {

// The monitoring listener: HTTP/1.1 with keep-alive, plain or inside TLS. Methods are not looked
// at, except that HEAD gets no body; the body of a request is read and ignored.
//
// Threads  The one that runs the io_context, which is the control thread and not a shard: a poll
//          costs the shards no more than what the Source asks them.
// Cost     At most 256 connections; a request's header 60 KiB and 5 s.
// Spec     monitoring §1
class HttpServer {
 public:
  struct Settings {
    std::string host = "0.0.0.0";
    std::int64_t port = 0;  // 0 or -1: any free one
    Endpoints::Settings endpoints;

    std::chrono::milliseconds header_timeout{5000};

    // Asked at each accepted connection, so that a reload reaches new handshakes; never returns
    // null. Empty: plain HTTP. Client certificates are not requested, whatever the context says.
    std::function<net::TlsContextPtr()> tls;
  };

  // Binds and listens. `source` outlives the server, and the io_context's last run; it does not
  // reply after that.
  // Errors  In Go's words: listen tcp HOST:PORT: bind: address already in use
  [[nodiscard]] static Result<std::unique_ptr<HttpServer>, Error> listen(
      boost::asio::io_context& context, Source& source, Settings settings);

  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();  // as stop()

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::size_t connectionCount() const;

  // Closes the listener and every connection. Their coroutines end as the io_context runs on; it
  // runs out of work when they have.
  void stop();

 private:
  struct Listener;
  explicit HttpServer(std::shared_ptr<Listener> listener);

  std::shared_ptr<Listener> listener_;  // with the accept loop
};

}  // namespace gannet::monitor
