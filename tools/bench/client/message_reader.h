#pragma once

#include "base/result.h"
#include "bench/client/connection.h"
#include "bench/client/wire.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gannet::bench {

// The reading side of a connection whose messages are looked at one by one.
class MessageReader {
 public:
  // Reads once, or below TLS until nothing is left that was read ahead. Returns how many bytes
  // came; 0: there are none now.
  // Errors  The server closed the connection.
  Result<std::size_t, Error> receive(const Connection& connection);

  // Takes bytes as if they had been received.
  void feed(std::string_view bytes);

  // The control line of the next message that is here with its whole payload. Its views are valid
  // until the next receive() or feed(). Nothing: no more messages now, or an error.
  std::optional<MessageLine> next();

  // What the server said before it closed, or the line that was not expected. Empty: all is well.
  [[nodiscard]] const std::string& error() const { return error_; }

  // How many PINGs next() came across since the last call: each wants a PONG.
  std::uint64_t takePings();

 private:
  void onLine(std::string_view line);

  std::string bytes_;
  std::size_t at_ = 0;  // of what next() has not used
  std::uint64_t pings_ = 0;
  std::string error_;
};

}  // namespace gannet::bench
