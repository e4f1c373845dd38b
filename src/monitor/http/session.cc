#include "monitor/http/session.h"

#include "base/clock.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <iterator>
#include <optional>
#include <string>
#include <utility>

// One coroutine a connection reads requests in turn. Beast parses them; answers are so plain that
// they are written as text, in the order of lines that the reference sends.
namespace gannet::monitor {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

using Parser = http::request_parser<http::string_body>;
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

std::string_view reasonOf(int status) {
  switch (status) {
    case 200: return "OK";
    case 307: return "Temporary Redirect";
    case 400: return "Bad Request";
    case 404: return "Not Found";
    case 500: return "Internal Server Error";
    default: return "Service Unavailable";
  }
}

enum class After : std::uint8_t { keep_alive, close };

// The bytes of an answer to `request`.
std::string encode(const Response& response, const http::request<http::string_body>& request,
                   After after) {
  const bool is_old = request.version() == 10;
  std::string out = fmt::format("HTTP/1.{} {} {}\r\n", is_old ? 0 : 1, response.status,
                                reasonOf(response.status));
  if (response.is_shared) out += "Access-Control-Allow-Origin: *\r\n";
  fmt::format_to(std::back_inserter(out), "Content-Type: {}\r\n", response.content_type);
  if (response.is_opaque) out += "X-Content-Type-Options: nosniff\r\n";
  if (!response.location.empty()) out += "Location: " + response.location + "\r\n";
  fmt::format_to(std::back_inserter(out), "Date: {}\r\nContent-Length: {}\r\n", httpDate(wallNow()),
                 response.body.size());
  if (after == After::close && !is_old) out += "Connection: close\r\n";
  if (after == After::keep_alive && is_old) out += "Connection: keep-alive\r\n";
  out += "\r\n";
  if (request.method() != http::verb::head) out += response.body;
  return out;
}

// The answer to bytes that are no request; the connection ends with it.
std::string refusal(std::string_view status) {
  return fmt::format(
      "HTTP/1.1 {0}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n{0}",
      status);
}

// What to say to a request that could not be read; empty where nobody would read it.
std::string_view refusalOf(const error_code& error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return "431 Request Header Fields Too Large";
  }
  if (error == http::error::bad_version) {
    return "505 HTTP Version Not Supported: unsupported protocol version";
  }
  const bool is_silent = error == http::error::end_of_stream ||
                         error == http::error::partial_message ||
                         error.category() != make_error_code(http::error::bad_method).category();
  return is_silent ? "" : "400 Bad Request";
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
  Link* link = nullptr;  // null: nobody waits any more
  std::optional<Response> response;
};

asio::awaitable<Response> ask(Endpoints& endpoints, Link& link, std::string target) {
  const auto pending = std::make_shared<PendingReply>();
  endpoints.serve(target, [pending](Response response) {
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

// Reads one request. False if the connection is to be closed without another word.
template <class Stream>
asio::awaitable<bool> readRequest(Stream& stream, beast::flat_buffer& buffer, Parser& parser,
                                  const Patience& patience) {
  beast::tcp_stream& tcp = beast::get_lowest_layer(stream);
  error_code error;
  if (buffer.size() == 0) {
    constexpr std::size_t kFirstRead = 4096;
    tcp.expires_after(patience.first_byte);
    const std::size_t size =
        co_await stream.async_read_some(buffer.prepare(kFirstRead), into(error));
    if (error) co_return false;
    buffer.commit(size);
  }
  tcp.expires_after(patience.header);
  co_await http::async_read_header(stream, buffer, parser, into(error));
  if (!error) co_return true;
  const std::string_view status = refusalOf(error);
  if (!status.empty()) co_await send(stream, refusal(status));
  co_return false;
}

// Takes a request's body off the stream. False if it is too large or a 100 Continue is awaited.
template <class Stream>
asio::awaitable<bool> skipBody(Stream& stream, beast::flat_buffer& buffer, Parser& parser) {
  if (parser.is_done()) co_return true;
  if (parser.get().find(http::field::expect) != parser.get().end()) co_return false;
  if (parser.content_length().value_or(0) > kMaxBody) co_return false;
  error_code error;
  co_await http::async_read(stream, buffer, parser, into(error));
  co_return !error;
}

// One request and its answer. False if it was the last one.
template <class Stream>
asio::awaitable<bool> serveRequest(Stream& stream, beast::flat_buffer& buffer, HttpShared& shared,
                                   Link& link, const Patience& patience) {
  Parser parser;
  parser.header_limit(static_cast<std::uint32_t>(kMaxHeader));
  parser.body_limit(boost::none);  // a body too large to skip does not spoil the answer
  if (!co_await readRequest(stream, buffer, parser, patience)) co_return false;
  parser.body_limit(kMaxBody);
  const auto& request = parser.get();
  if (request.version() == 11 && request.find(http::field::host) == request.end()) {
    co_await send(stream, refusal("400 Bad Request: missing required Host header"));
    co_return false;
  }
  const bool has_whole_body = co_await skipBody(stream, buffer, parser);
  const bool keeps = has_whole_body && request.keep_alive();
  beast::get_lowest_layer(stream).expires_never();
  const Response response = co_await ask(shared.endpoints, link, std::string(request.target()));
  const After after = keeps ? After::keep_alive : After::close;
  const bool sent = co_await send(stream, encode(response, request, after));
  co_return sent&& keeps;
}

template <class Stream>
asio::awaitable<void> serveRequests(Stream& stream, HttpShared& shared, Link& link) {
  beast::flat_buffer buffer(kMaxHeader + kMaxBody);
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

asio::awaitable<void> serveTls(beast::tcp_stream tcp, HttpShared& shared, SSL_CTX* tls) {
  SSL* const ssl = SSL_new(tls);
  if (ssl == nullptr) co_return;
  SSL_set_verify(ssl, SSL_VERIFY_NONE, nullptr);  // whatever clients of the client port must show
  TlsStream stream(std::move(tcp), ssl);          // owns `ssl`
  Link link(shared.links, stream.next_layer());
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

asio::awaitable<void> servePlain(beast::tcp_stream stream, HttpShared& shared) {
  Link link(shared.links, stream);
  co_await serveRequests(stream, shared, link);
  error_code ignored;
  stream.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
}

}  // namespace

Link::Link(std::set<Link*>& links, beast::tcp_stream& stream)
    : links_(links), stream_(stream), reply_timer_(stream.get_executor()) {
  links_.insert(this);
}

Link::~Link() {
  links_.erase(this);
}

void Link::stop() {
  stream_.close();
  reply_timer_.cancel();
}

asio::awaitable<void> serveConnection(std::shared_ptr<HttpShared> shared,
                                      asio::ip::tcp::socket socket, SSL_CTX* tls) {
  error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  beast::tcp_stream stream(std::move(socket));
  if (tls == nullptr) {
    co_await servePlain(std::move(stream), *shared);
  } else {
    co_await serveTls(std::move(stream), *shared, tls);
  }
}

}  // namespace gannet::monitor
