#pragma once

#include "base/result.h"
#include "monitor/http/target.h"

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace gannet::monitor {

// Of a request's head. Beast's container throws at a field of 64 KiB; nobody sends so much.
inline constexpr std::size_t kMaxHead = std::size_t{60} << 10;

// Beast's parser of one request, which finds the end of its body too.
using RequestParser = boost::beast::http::request_parser<boost::beast::http::string_body>;

// The answer to what is no request that can be served; the connection ends with it.
struct Refusal {
  std::string status;  // of the status line
  std::string body;    // empty: the status
};

// What a request's head asks for.
struct RequestHead {
  std::string method;
  Target target;
  int minor = 1;               // of HTTP/1.x
  bool keeps_alive = true;     // another request may follow the answer
  bool expects_other = false;  // something that nobody knows
};

// Moves bytes to `head` until it is whole, and says how many. Lines get CR LF at their ends: what
// is typed into a shell (`printf … | nc`) ends them with LF alone, which nats-server takes and
// Beast does not.
std::size_t appendHead(std::string& head, std::string_view bytes);

// Whether `head` ends with its empty line.
[[nodiscard]] bool isWhole(std::string_view head);

// Reads `head` with a fresh `parser`, which then waits for the body.
// Errors  400 for what is no request of HTTP/1.0 or 1.1, or not whole; 431 beyond kMaxHead; 501 for
//         an encoding that nobody knows. Spec: monitoring §1.3
[[nodiscard]] Result<RequestHead, Refusal> parseHead(RequestParser& parser, std::string_view head);

}  // namespace gannet::monitor
