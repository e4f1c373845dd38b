#pragma once

#include "base/result.h"
#include "bench/client/connection.h"
#include "bench/client/frame_counter.h"

#include <cstddef>
#include <span>
#include <string>

namespace gannet::bench {

// The reading side of a connection whose messages are counted, not looked at.
class Inbound {
 public:
  // The least that a buffer given to receive() may hold.
  static constexpr std::size_t kMinBuffer = 64UL << 10U;

  // `frame_size` as FrameCounter wants it.
  explicit Inbound(std::size_t frame_size) : counter_(frame_size) {}

  // Reads once, or below TLS until nothing is left that was read ahead. `buffer` is scratch space,
  // shared by all connections of a thread. Over plain TCP the rest of a large message is dropped in
  // the kernel instead, which costs no copy.
  // Returns how many bytes came; 0: there are none now.
  // Errors  What the server said last, or that it closed.
  Result<std::size_t, Error> receive(const Connection& connection, std::span<char> buffer);

  [[nodiscard]] const FrameCounter& counter() const { return counter_; }

  // How many PINGs came since the last call: each wants a PONG.
  std::uint64_t takePings();

 private:
  Result<std::size_t, Error> receiveOnce(const Connection& connection, std::span<char> buffer);
  Result<std::size_t, Error> closed(const Transfer& transfer) const;

  FrameCounter counter_;
  std::string rest_;  // of the last read: less than a line
  std::uint64_t answered_ = 0;
};

}  // namespace gannet::bench
