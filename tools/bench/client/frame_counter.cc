#include "bench/client/frame_counter.h"

#include "base/assert.h"

#include <algorithm>

namespace gannet::bench {
namespace {

constexpr std::string_view kMessage = "MSG ";
constexpr std::size_t kMaxLineShown = 200;

bool isMessageAt(std::string_view bytes, std::size_t at) {
  return bytes.compare(at, kMessage.size(), kMessage) == 0;
}

}  // namespace

void FrameCounter::skip(std::size_t size) {
  GANNET_ASSERT(size <= missing_);
  missing_ -= size;
  if (missing_ == 0 && size > 0) ++messages_;
}

// From a message's begin to the last begin in sight, or past this one message.
std::size_t FrameCounter::leap(std::string_view bytes, std::size_t at) {
  const std::size_t frames = (bytes.size() - kMessage.size() - at) / frame_size_;
  if (frames > 0 && isMessageAt(bytes, at + frames * frame_size_)) {
    messages_ += frames;
    return at + frames * frame_size_;
  }
  missing_ = frame_size_;
  const std::size_t here = std::min(missing_, bytes.size() - at);
  skip(here);
  return at + here;
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
  while (missing_ == 0 && error_.empty() && at + kMessage.size() <= bytes.size()) {
    if (isMessageAt(bytes, at)) {
      at = leap(bytes, at);
      continue;
    }
    const std::size_t end = bytes.find('\n', at);
    if (end == std::string_view::npos) break;
    onLine(bytes.substr(at, end - at));
    at = end + 1;
  }
  return at;
}

}  // namespace gannet::bench
