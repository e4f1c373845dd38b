#include "bench/client/message_reader.h"

#include <array>
#include <utility>

namespace gannet::bench {
namespace {

constexpr std::size_t kLineEnd = 2;
constexpr std::size_t kMaxLineShown = 200;

}  // namespace

void MessageReader::feed(std::string_view bytes) {
  bytes_.erase(0, std::exchange(at_, 0));
  bytes_ += bytes;
}

Result<std::size_t, Error> MessageReader::receive(const Connection& connection) {
  std::array<char, 64UL << 10U> buffer;  // not initialised: this is the path that is timed
  std::size_t all = 0;
  do {
    const Transfer got = connection.receive(buffer.data(), buffer.size());
    if (got.is_blocked) break;
    if (got.error != 0) return Error{"the connection broke: " + errnoText(got.error)};
    if (got.is_closed) return Error{"the server closed the connection"};
    feed(std::string_view(buffer.data(), got.size));
    all += got.size;
  } while (connection.hasReadAhead());
  return all;
}

void MessageReader::onLine(std::string_view line) {
  if (line == "PING") {
    ++pings_;
  } else if (line.starts_with("-ERR ")) {
    error_ = line.substr(5);
  } else if (line != "PONG" && !line.starts_with("INFO ")) {
    error_ = "unexpected line: " + std::string(line.substr(0, kMaxLineShown));
  }
}

std::optional<MessageLine> MessageReader::next() {
  while (error_.empty()) {
    const std::string_view rest = std::string_view(bytes_).substr(at_);
    const std::size_t end = rest.find("\r\n");
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = rest.substr(0, end);
    if (const auto message = parseMessageLine(line)) {
      const std::size_t whole = end + kLineEnd + message->size + kLineEnd;
      if (rest.size() < whole) return std::nullopt;
      at_ += whole;
      return message;
    }
    onLine(line);
    at_ += end + kLineEnd;
  }
  return std::nullopt;
}

std::uint64_t MessageReader::takePings() {
  return std::exchange(pings_, 0);
}

}  // namespace gannet::bench
