#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gannet::bench {

// Counts what a server sends to a subscriber whose messages all have the same length on the wire.
//
// A benchmark knows that length, so only the first four bytes of each message are looked at: where
// one must begin stands "MSG ", or a line that is no message. The count is exact whatever comes
// between messages and however the bytes are split.
//
// Cost  About a nanosecond a message; payloads are never touched.
class FrameCounter {
 public:
  explicit FrameCounter(std::size_t frame_size) : frame_size_(frame_size) {}

  // Takes bytes that begin where the last call stopped, and returns how many of them it used. The
  // rest, less than a line, must come again in front of what follows.
  std::size_t consume(std::string_view bytes);

  // How much of the message that has begun is still to come. A caller who can throw bytes away
  // unread may do so with at most this many and report them with skip().
  [[nodiscard]] std::size_t missing() const { return missing_; }

  void skip(std::size_t size);

  [[nodiscard]] std::uint64_t messages() const { return messages_; }  // that came whole

  [[nodiscard]] std::uint64_t pongs() const { return pongs_; }

  [[nodiscard]] std::uint64_t pings() const { return pings_; }  // each wants a PONG

  // What the server said before it closed, or the line that was not expected. Empty: all is well.
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  std::size_t countWhole(std::string_view bytes, std::size_t at);
  void onLine(std::string_view line);

  std::size_t frame_size_;
  std::size_t missing_ = 0;
  std::uint64_t messages_ = 0;
  std::uint64_t pongs_ = 0;
  std::uint64_t pings_ = 0;
  std::string error_;
};

}  // namespace gannet::bench
