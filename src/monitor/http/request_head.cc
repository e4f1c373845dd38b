#include "monitor/http/request_head.h"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <utility>

namespace gannet::monitor {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;

Refusal badRequest() {
  return {"400 Bad Request", ""};
}

}  // namespace

std::size_t appendHead(std::string& head, std::string_view bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size() && !isWhole(head)) {
    const std::size_t end = std::min(bytes.find('\n', taken), bytes.size());
    head.append(bytes.substr(taken, end - taken));
    taken = end;
    if (end == bytes.size()) break;
    head.append(head.ends_with('\r') ? "\n" : "\r\n");
    ++taken;
  }
  return taken;
}

bool isWhole(std::string_view head) {
  return head.ends_with("\r\n\r\n");
}

Result<RequestHead, Refusal> parseHead(RequestParser& parser, std::string_view head) {
  if (head.size() > kMaxHead) return Refusal{"431 Request Header Fields Too Large", ""};
  parser.header_limit(kMaxHead);
  parser.body_limit(boost::none);  // who skips the body has a limit
  parser.eager(true);              // line and fields at once
  error_code error;
  parser.put(boost::asio::buffer(head), error);
  if (!parser.is_header_done()) return badRequest();

  const auto& request = parser.get();
  const std::size_t hosts = request.count(http::field::host);
  const bool needs_host = request.version() == 11 && request.method() != http::verb::connect;
  auto target = parseTarget(request.method_string(), request.target());
  if (!target || hosts > 1 || (needs_host && hosts == 0)) return badRequest();
  const std::string_view encoding = request[http::field::transfer_encoding];
  if (!encoding.empty() && !boost::beast::iequals(encoding, "chunked")) {
    return Refusal{"501 Not Implemented", "Unsupported transfer encoding"};
  }

  RequestHead result{.method = request.method_string(),
                     .target = std::move(*target),
                     .minor = request.version() == 10 ? 0 : 1,
                     .keeps_alive = parser.keep_alive()};
  const std::string_view expected = request[http::field::expect];
  const bool expects_continue = boost::beast::iequals(expected, "100-continue");
  result.expects_other = !expected.empty() && !expects_continue;
  // What is not asked for does not come.
  if (expects_continue && result.minor > 0 && !parser.is_done()) result.keeps_alive = false;
  return result;
}

}  // namespace gannet::monitor
