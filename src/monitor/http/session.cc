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
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

// One coroutine a connection reads requests in turn: their heads with a parser of our own, see
// HeadParser, their bodies with Beast's. Answers are so plain that they are written as text, in the
// order of lines that the reference sends.
namespace gannet::monitor {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

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
    case 417: return "Expectation Failed";
    case 500: return "Internal Server Error";
    default: return "Service Unavailable";
  }
}

enum class After : std::uint8_t { keep_alive, close };

// The bytes of an answer to `request`.
std::string encode(const Response& response, const RequestHead& request, After after) {
  const bool is_old = request.minor == 0;
  std::string out = fmt::format("HTTP/1.{} {} {}\r\n", is_old ? 0 : 1, response.status,
                                reasonOf(response.status));
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

// The answer to a stream that ends inside of a head.
Refusal cutShort() {
  return {"400 Bad Request", ""};
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

// Takes the complete lines in `buffer`. Returns true once the head is complete.
Result<bool, Refusal> takeLines(HeadParser& parser, beast::flat_buffer& buffer, std::size_t& taken,
                                std::size_t& searched) {
  while (true) {
    const std::string_view bytes(static_cast<const char*>(buffer.data().data()), buffer.size());
    const std::size_t end = bytes.find('\n', searched);
    searched = end == std::string_view::npos ? bytes.size() : 0;
    if (taken + std::min(end, bytes.size()) >= kMaxHeader) {
      return Refusal{"431 Request Header Fields Too Large", ""};
    }
    if (end == std::string_view::npos) return false;
    const auto step = parser.take(bytes.substr(0, end));
    if (!step) return step.error();
    buffer.consume(end + 1);
    taken += end + 1;
    if (*step == HeadParser::Step::complete) return true;
  }
}

// Reads the head of one request. Nothing if the connection is to be closed without another word.
template <class Stream>
asio::awaitable<std::optional<RequestHead>> readHead(Stream& stream, beast::flat_buffer& buffer,
                                                     const Patience& patience) {
  constexpr std::size_t kFewBytes = 4;  // fewer are no request, but remains of one
  constexpr std::size_t kFirstRead = 4096;
  constexpr std::size_t kLargestRead = std::size_t{64} << 10;
  beast::tcp_stream& tcp = beast::get_lowest_layer(stream);
  tcp.expires_after(buffer.size() == 0 ? patience.first_byte : patience.header);
  HeadParser parser;
  std::size_t taken = 0;     // bytes of the head, in whole lines
  std::size_t searched = 0;  // bytes of the buffer that hold no line's end
  while (true) {
    const auto is_complete = takeLines(parser, buffer, taken, searched);
    if (!is_complete) {
      co_await send(stream, encode(is_complete.error()));
      co_return std::nullopt;
    }
    if (*is_complete) co_return std::move(parser.head());
    const bool has_begun = taken + searched > 0;
    error_code error;
    const std::size_t size = co_await stream.async_read_some(
        buffer.prepare(std::clamp(buffer.size(), kFirstRead, kLargestRead)), into(error));
    if (error) {
      const std::string last_word = encode(cutShort());
      const bool is_cut = error == asio::error::eof && taken + searched >= kFewBytes;
      if (is_cut) co_await send(stream, last_word);
      co_return std::nullopt;
    }
    buffer.commit(size);
    if (!has_begun) tcp.expires_after(patience.header);
  }
}

// Takes a request's body off the stream: Beast finds its end. False if it is too large or broken.
template <class Stream>
asio::awaitable<bool> skipBody(Stream& stream, beast::flat_buffer& buffer,
                               const RequestHead& request) {
  if (!request.hasBody()) co_return true;
  if (request.content_length >= kMaxBody) co_return false;
  constexpr std::size_t kBodyRead = 16384;
  // A head that says how the body is framed, and no more.
  const std::string framing = request.is_chunked
                                  ? "Transfer-Encoding: chunked"
                                  : fmt::format("Content-Length: {}", request.content_length);
  const std::string head = fmt::format("POST / HTTP/1.1\r\n{}\r\n\r\n", framing);
  http::request_parser<http::string_body> parser;
  parser.body_limit(kMaxBody);
  parser.eager(true);
  error_code error;
  parser.put(asio::buffer(head), error);
  // Read here and not with http::async_read: what the parser throws ends this coroutine alone, but
  // out of an operation of Beast's it would come to whoever runs the io_context.
  while (!parser.is_done()) {
    if (buffer.size() == 0 || error == http::error::need_more) {
      const std::size_t size =
          co_await stream.async_read_some(buffer.prepare(kBodyRead), into(error));
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
  const auto request = co_await readHead(stream, buffer, patience);
  if (!request) co_return false;
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
  if (keeps) keeps = co_await skipBody(stream, buffer, *request);
  beast::get_lowest_layer(stream).expires_never();
  const Response response = co_await ask(shared.endpoints, link, *request);
  keeps = keeps && !response.is_last;
  const After after = keeps ? After::keep_alive : After::close;
  const bool sent = co_await send(stream, encode(response, *request, after));
  co_return sent&& keeps;
}

template <class Stream>
asio::awaitable<void> serveRequests(Stream& stream, HttpShared& shared, ConnectionEntry& link) {
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
