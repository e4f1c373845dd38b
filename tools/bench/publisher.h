#pragma once

#include "base/result.h"
#include "bench/client/connection.h"
#include "bench/client/inbound.h"
#include "bench/token_counter.h"
#include "bench/topology.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gannet::bench {

// PUB frames made before a run and sent over and over: several hundred kilobytes, so that the
// server does not find its input in a cache where only a benchmark would have put it, and at least
// once through all the subjects of a publisher. Many publishers have less each. Only fresh last
// tokens are written during the run, a few bytes of each frame that is taken.
class FrameRing {
 public:
  static constexpr std::size_t kMaxBytes = 256UL << 20U;

  // Errors  The subjects and the size together need more than kMaxBytes.
  static Result<FrameRing, Error> make(const Topology& topology, std::size_t publisher);

  // The next frames, from one to frames() of them. Valid until the next call.
  std::string_view take(std::size_t frames);

  // How many frames stand in one piece: the most that take() gives.
  [[nodiscard]] std::size_t frames() const { return (bytes_.size() - at_) / frame_size_; }

 private:
  FrameRing() = default;

  void renewTokens(std::size_t begin, std::size_t end);

  std::string bytes_;
  std::size_t frame_size_ = 0;
  std::size_t at_ = 0;
  std::size_t token_at_ = 0;  // of a fresh last token in a frame; 0: there is none
  TokenCounter tokens_;
};

// One publishing connection. It has no loop of its own: a Worker tells it what it may send and when
// the socket is ready.
class Publisher {
 public:
  Publisher(Connection connection, FrameRing ring)
      : connection_(std::move(connection)), ring_(std::move(ring)) {}

  // Puts messages in line, from one to loadable() of them. Only when isIdle().
  void load(std::size_t frames);

  [[nodiscard]] std::size_t loadable() const { return ring_.frames(); }

  // Puts a PING or PONG in line, behind what is.
  void say(std::string_view line) { next_control_ += line; }

  // Writes once, if there is anything to write.
  Result<void, Error> write();

  // Reads once and answers PINGs.
  Result<std::size_t, Error> read(std::span<char> buffer);

  // Nothing is in line.
  [[nodiscard]] bool isIdle() const { return out_.empty() && next_control_.empty(); }

  // The socket took all it was given last.
  [[nodiscard]] bool isWritable() const { return is_writable_; }

  void setWritable() { is_writable_ = true; }

  [[nodiscard]] std::uint64_t pongs() const { return inbound_.counter().pongs(); }

  [[nodiscard]] int fd() const { return connection_.fd(); }

 private:
  Connection connection_;
  FrameRing ring_;
  Inbound inbound_{SIZE_MAX};  // no messages come here
  std::string_view out_;       // of ring_ or control_
  std::string control_;
  std::string next_control_;
  bool is_writable_ = true;
};

}  // namespace gannet::bench
