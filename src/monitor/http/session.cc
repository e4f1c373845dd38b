#include "monitor/http/session.h"

#include "base/clock.h"
#include "monitor/http/request_head.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/status.hpp>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

// One coroutine a connection reads requests in turn, with Beast's parser. Answers are so plain that
// they are written as text, in the order of lines that the reference sends.
namespace gannet::monitor {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::size_t kRead = 16384;  // a head, and a body, in as few turns as may be

using TlsStream = asio::ssl::stream<beast::tcp_stream>;

// A token for co_await that puts the error into `error` and does not throw.
auto into(error_code& error) {
  return asio::redirect_error(asio::use_awaitable, error);
}

// Tue, 24 Nov 2026 11:27:14 GMT
std::string httpDate(WallTime now) {
  constexpr std::string_view kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(now);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::seconds>(now - day)};
  return fmt::format(
      "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[std::chrono::weekday{day}.c_encoding()],
      static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
      static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
      clock.seconds().count());
}

enum class After : std::uint8_t { keep_alive, close };

// The bytes of an answer to `request`.
std::string encode(const Response& response, const RequestHead& request, After after) {
  const bool is_old = request.minor == 0;
  std::string out =
      fmt::format("HTTP/1.{} {} {}\r\n", is_old ? 0 : 1, response.status,
                  std::string_view(http::obsolete_reason(http::status(response.status))));
  const auto line = [&out](std::string_view name, std::string_view value) {
    if (!value.empty()) out.append(name).append(": ").append(value).append("\r\n");
  };
  if (response.is_shared) line("Access-Control-Allow-Origin", "*");
  line("Content-Type", response.content_type);
  if (response.is_opaque) line("X-Content-Type-Options", "nosniff");
  line("Location", response.location);
  if (response.is_last && !is_old) line("Connection", "close");
  line("Date", httpDate(wallNow()));
  line("Content-Length", std::to_string(response.body.size()));
  if (after == After::close && !is_old && !response.is_last) line("Connection", "close");
  if (after == After::keep_alive && is_old) line("Connection", "keep-alive");
  out += "\r\n";
  if (request.method != "HEAD") out += response.body;
  return out;
}

// The answer to bytes that are no request; the connection ends with it.
std::string encode(const Refusal& refusal) {
  return fmt::format(
      "HTTP/1.1 {}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n{}",
      refusal.status, refusal.body.empty() ? refusal.status : refusal.body);
}

template <class Stream>
asio::awaitable<bool> send(Stream& stream, std::string bytes) {
  beast::get_lowest_layer(stream).expires_after(kWriteTimeout);
  error_code error;
  co_await asio::async_write(stream, asio::buffer(bytes), into(error));
  co_return !error;
}

// Where an answer waits for the coroutine, or outlives it: the Source may reply after the
// connection is gone.
struct PendingReply {
  ConnectionEntry* link = nullptr;  // null: nobody waits any more
  std::optional<Response> response;
};

asio::awaitable<Response> ask(Endpoints& endpoints, ConnectionEntry& link,
                              const RequestHead& request) {
  const auto pending = std::make_shared<PendingReply>();
  endpoints.serve(request.method, request.target, [pending](Response response) {
    pending->response = std::move(response);
    if (pending->link != nullptr) pending->link->replyTimer().cancel();
  });
  if (!pending->response) {
    pending->link = &link;
    link.replyTimer().expires_after(kReplyTimeout);
    error_code cancelled;
    co_await link.replyTimer().async_wait(into(cancelled));
    pending->link = nullptr;
  }
  if (pending->response) co_return std::move(*pending->response);
  Response late;
  late.status = 503;
  late.content_type = "text/plain; charset=utf-8";
  late.body = "the server did not answer in time";
  co_return late;
}

// How long a request may take to begin, and from then on to bring its header.
struct Patience {
  std::chrono::milliseconds first_byte;
  std::chrono::milliseconds header;
};

// Reads the head of one request, or what there is of it at the stream's end. Nothing if the
// connection is to be closed without another word.
template <class Stream>
asio::awaitable<std::optional<std::string>> readHead(Stream& stream, beast::flat_buffer& buffer,
                                                     const Patience& patience) {
  beast::tcp_stream& tcp = beast::get_lowest_layer(stream);
  tcp.expires_after(buffer.size() == 0 ? patience.first_byte : patience.header);
  std::string head;
  while (true) {
    const std::string_view bytes(static_cast<const char*>(buffer.data().data()), buffer.size());
    buffer.consume(appendHead(head, bytes));
    if (isWhole(head) || head.size() > kMaxHead) co_return head;
    const bool has_begun = !head.empty();
    error_code error;
    const std::size_t size = co_await stream.async_read_some(buffer.prepare(kRead), into(error));
    if (error == asio::error::eof && has_begun) co_return head;
    if (error) co_return std::nullopt;
    buffer.commit(size);
    if (!has_begun) tcp.expires_after(patience.header);
  }
}

// Takes a request's body off the stream: `parser` finds its end. False if it is too large or
// broken.
template <class Stream>
asio::awaitable<bool> skipBody(Stream& stream, beast::flat_buffer& buffer, RequestParser& parser) {
  if (parser.content_length().value_or(0) >= kMaxBody) co_return false;
  parser.body_limit(kMaxBody);
  error_code error;
  // Read here and not with http::async_read: what the parser throws ends this coroutine alone, but
  // out of an operation of Beast's it would come to whoever runs the io_context.
  while (!parser.is_done()) {
    if (buffer.size() == 0 || error == http::error::need_more) {
      const std::size_t size = co_await stream.async_read_some(buffer.prepare(kRead), into(error));
      if (error) co_return false;
      buffer.commit(size);
    }
    buffer.consume(parser.put(buffer.data(), error));
    if (error && error != http::error::need_more) co_return false;
  }
  co_return true;
}

// One request and its answer. False if it was the last one.
template <class Stream>
asio::awaitable<bool> serveRequest(Stream& stream, beast::flat_buffer& buffer, HttpShared& shared,
                                   ConnectionEntry& link, const Patience& patience) {
  const auto head = co_await readHead(stream, buffer, patience);
  if (!head) co_return false;
  RequestParser parser;
  const auto request = parseHead(parser, *head);
  if (!request) {
    co_await send(stream, encode(request.error()));
    co_return false;
  }
  if (request->expects_other) {
    Response failed;
    failed.status = 417;
    failed.content_type.clear();
    failed.is_last = true;
    co_await send(stream, encode(failed, *request, After::close));
    co_return false;
  }
  // Where the connection ends anyway, nobody waits for the body.
  bool keeps = request->keeps_alive;
  if (keeps) keeps = co_await skipBody(stream, buffer, parser);
  beast::get_lowest_layer(stream).expires_never();
  const Response response = co_await ask(shared.endpoints, link, *request);
  keeps = keeps && !response.is_last;
  const After after = keeps ? After::keep_alive : After::close;
  const bool sent = co_await send(stream, encode(response, *request, after));
  co_return sent&& keeps;
}

template <class Stream>
asio::awaitable<void> serveRequests(Stream& stream, HttpShared& shared, ConnectionEntry& link) {
  beast::flat_buffer buffer(kMaxBody);  // throws beyond: a chunk whose line has no end
  Patience patience{shared.header_timeout, shared.header_timeout};
  while (co_await serveRequest(stream, buffer, shared, link, patience)) {
    patience.first_byte = kIdleTimeout;
  }
}

// A browser that speaks plain HTTP to a TLS port is told so.
asio::awaitable<void> explainTls(beast::tcp_stream& tcp, const error_code& error) {
  if (error.category() != asio::error::get_ssl_category() ||
      ERR_GET_REASON(static_cast<unsigned long>(error.value())) != SSL_R_HTTP_REQUEST) {
    co_return;
  }
  co_await send(tcp,
                "HTTP/1.0 400 Bad Request\r\n\r\n"
                "Client sent an HTTP request to an HTTPS server.\n");
}

// Holds `tls` to the end: OpenSSL asks the context for certificates by server name.
asio::awaitable<void> serveTls(beast::tcp_stream tcp, HttpShared& shared, net::TlsContextPtr tls) {
  SSL* const ssl = SSL_new(tls->native());
  if (ssl == nullptr) co_return;
  SSL_set_verify(ssl, SSL_VERIFY_NONE, nullptr);  // whatever clients of the client port must show
  TlsStream stream(std::move(tcp), ssl);          // owns `ssl`
  ConnectionEntry link(shared.links, stream.next_layer());
  stream.next_layer().expires_after(shared.header_timeout);
  error_code error;
  co_await stream.async_handshake(TlsStream::server, into(error));
  if (error) {
    co_await explainTls(stream.next_layer(), error);
    co_return;
  }
  co_await serveRequests(stream, shared, link);
  stream.next_layer().expires_after(std::chrono::seconds(1));
  co_await stream.async_shutdown(into(error));
}

// Unread bytes at close make the kernel send a reset, which may overtake the last answer: what
// still comes is read away for a moment.
asio::awaitable<void> linger(beast::tcp_stream& stream) {
  constexpr std::chrono::milliseconds kLinger{500};  // the reference's
  error_code error;
  stream.socket().shutdown(asio::ip::tcp::socket::shutdown_send, error);
  stream.expires_after(kLinger);
  std::array<char, 4096> scratch{};
  while (!error)
    co_await stream.async_read_some(asio::buffer(scratch), into(error));
}

asio::awaitable<void> servePlain(beast::tcp_stream stream, HttpShared& shared) {
  ConnectionEntry link(shared.links, stream);
  co_await serveRequests(stream, shared, link);
  co_await linger(stream);
}

}  // namespace

ConnectionEntry::ConnectionEntry(std::set<ConnectionEntry*>& links, beast::tcp_stream& stream)
    : links_(links), stream_(stream), reply_timer_(stream.get_executor()) {
  links_.insert(this);
}

ConnectionEntry::~ConnectionEntry() {
  links_.erase(this);
}

void ConnectionEntry::stop() {
  stream_.close();
  reply_timer_.cancel();
}

asio::awaitable<void> serveConnection(std::shared_ptr<HttpShared> shared,
                                      asio::ip::tcp::socket socket, net::TlsContextPtr tls) {
  error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  beast::tcp_stream stream(std::move(socket));
  if (tls == nullptr) {
    co_await servePlain(std::move(stream), *shared);
  } else {
    co_await serveTls(std::move(stream), *shared, std::move(tls));
  }
}

}  // namespace gannet::monitor
