#include "base/assert.h"
#include "monitor/http/request_head.h"

#include <boost/beast/http/error.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

namespace gannet::monitor {
namespace {

namespace http = boost::beast::http;

// What a connection makes of its bytes: a head in two pieces, and its body until the next request.
// A head is the same in whatever pieces it comes.
void check(std::string_view bytes) {
  std::string head;
  const std::size_t taken = appendHead(head, bytes);
  std::string pieces;
  std::size_t at = appendHead(pieces, bytes.substr(0, bytes.size() / 2));
  if (!isWhole(pieces)) at += appendHead(pieces, bytes.substr(at));
  GANNET_ASSERT(at == taken && pieces == head);
  GANNET_ASSERT(isWhole(head) || taken == bytes.size());

  RequestParser parser;
  const auto request = parseHead(parser, head);
  if (!request) return;
  GANNET_ASSERT(isWhole(head));
  GANNET_ASSERT(!request->method.empty());
  parser.body_limit(4096);
  std::string_view rest = bytes.substr(taken);
  boost::system::error_code error;
  while (!parser.is_done() && !error && !rest.empty()) {
    try {
      rest.remove_prefix(parser.put(boost::asio::buffer(rest), error));
    } catch (const std::exception&) {
      return;  // it ends the connection alone
    }
  }
}

}  // namespace
}  // namespace gannet::monitor

// Any bytes at the monitoring port.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  gannet::monitor::check({reinterpret_cast<const char*>(data), size});
  return 0;
}
