#pragma once

#include "monitor/endpoints.h"
#include "net/tls_context.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <set>

namespace gannet::monitor {

// Limits of a connection. Spec: monitoring §1.1
inline constexpr std::chrono::seconds kIdleTimeout{180};         // scrapes are minutes apart
inline constexpr std::chrono::seconds kWriteTimeout{120};        // a page of /connz on a slow line
inline constexpr std::chrono::seconds kReplyTimeout{30};         // a shard that does not answer
inline constexpr std::size_t kMaxBody = std::size_t{256} << 10;  // read and ignored
inline constexpr std::size_t kMaxConnections = 256;  // more are closed at once: none of ours waits

// A connection while it is served, as the set of all of them knows it.
//
// Threads  The one that runs the io_context.
class ConnectionEntry {
 public:
  // Joins `links`, and leaves it when destroyed. Both arguments outlive the link.
  ConnectionEntry(std::set<ConnectionEntry*>& links, boost::beast::tcp_stream& stream);
  ConnectionEntry(const ConnectionEntry&) = delete;
  ConnectionEntry& operator=(const ConnectionEntry&) = delete;
  ~ConnectionEntry();

  // Makes whatever the connection waits for fail; its coroutine then ends by itself.
  void stop();

  // Expires when a Source takes too long; cancelled when it replies.
  [[nodiscard]] boost::asio::steady_timer& replyTimer() { return reply_timer_; }

 private:
  std::set<ConnectionEntry*>& links_;
  boost::beast::tcp_stream& stream_;
  boost::asio::steady_timer reply_timer_;
};

// What the coroutines of one HTTP server share. They own it together: each may be the last to end,
// after the server itself is gone.
//
// Threads  The one that runs the io_context.
struct HttpShared {
  HttpShared(Source& source, const Endpoints::Settings& settings, std::chrono::milliseconds timeout)
      : endpoints(source, settings), header_timeout(timeout) {}

  Endpoints endpoints;
  std::chrono::milliseconds header_timeout;  // also of a TLS handshake
  std::set<ConnectionEntry*> links;
};

// Serves requests on an accepted connection until it ends, inside TLS unless `tls` is null. Takes
// what it needs by value, so that it may outlive the server: nothing is left to wait for it.
// Errors  Whatever it throws ends this connection: its spawner hands it to nobody else.
boost::asio::awaitable<void> serveConnection(std::shared_ptr<HttpShared> shared,
                                             boost::asio::ip::tcp::socket socket,
                                             net::TlsContextPtr tls);

}  // namespace gannet::monitor
