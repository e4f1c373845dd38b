#include "server/state/handshake_rate.h"

namespace gannet::server {

bool HandshakeRate::admit(std::int64_t limit, MonoTime now) {
  if (limit <= 0) return true;
  const std::int64_t second =
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  std::int64_t window = window_.load();
  if (window != second && window_.compare_exchange_strong(window, second)) begun_.store(0);
  if (begun_.fetch_add(1) < limit) return true;
  refused_.fetch_add(1, std::memory_order_relaxed);
  return false;
}

}  // namespace gannet::server
