#pragma once

#include "base/clock.h"

#include <atomic>
#include <cstdint>

namespace gannet::server {

// Counts TLS handshakes in windows of one second. Spec: config-and-cli §3.8 (rate limit)
//
// Threads  Any.
class HandshakeRate {
 public:
  // True if one more handshake may begin at `now`; `limit` 0 lets all pass.
  bool admit(std::int64_t limit, MonoTime now);

  // How many were refused since the last call.
  std::uint64_t takeRefused() { return refused_.exchange(0, std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> window_{0};  // the second that is counted
  std::atomic<std::int64_t> begun_{0};
  std::atomic<std::uint64_t> refused_{0};
};

}  // namespace gannet::server
