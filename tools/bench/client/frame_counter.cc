#include "bench/client/frame_counter.h"

#include "base/assert.h"

#include <algorithm>
#include <cstring>

namespace gannet::bench {
namespace {

constexpr std::string_view kMessage = "MSG ";
constexpr std::size_t kMaxLineShown = 200;

// Of at least four bytes.
bool isMessageAt(std::string_view bytes, std::size_t at) {
  return std::memcmp(bytes.data() + at, kMessage.data(), kMessage.size()) == 0;
}

}  // namespace

void FrameCounter::skip(std::size_t size) {
  GANNET_ASSERT(size <= missing_);
  missing_ -= size;
  if (missing_ == 0 && size > 0) ++messages_;
}

// Counts the whole messages from `at` on and returns where they end.
std::size_t FrameCounter::countWhole(std::string_view bytes, std::size_t at) {
  const std::size_t frame_size = frame_size_;
  std::uint64_t messages = 0;
  while (bytes.size() - at >= frame_size && isMessageAt(bytes, at)) {
    at += frame_size;
    ++messages;
  }
  messages_ += messages;
  return at;
}

void FrameCounter::onLine(std::string_view line) {
  if (line == "PONG\r") {
    ++pongs_;
  } else if (line == "PING\r") {
    ++pings_;
  } else if (line.starts_with("-ERR ")) {
    error_ = line.substr(5, line.size() - 6);
  } else if (line.starts_with("INFO ")) {
    return;  // an update of what the server told at the start
  } else {
    error_ = "unexpected line: " + std::string(line.substr(0, kMaxLineShown));
  }
}

std::size_t FrameCounter::consume(std::string_view bytes) {
  std::size_t at = std::min(missing_, bytes.size());
  skip(at);
  while (missing_ == 0 && error_.empty()) {
    at = countWhole(bytes, at);
    if (bytes.size() - at < kMessage.size()) break;
    if (isMessageAt(bytes, at)) {
      missing_ = frame_size_ - (bytes.size() - at);
      return bytes.size();
    }
    const std::size_t end = bytes.find('\n', at);
    if (end == std::string_view::npos) break;
    onLine(bytes.substr(at, end - at));
    at = end + 1;
  }
  return at;
}

}  // namespace gannet::bench
