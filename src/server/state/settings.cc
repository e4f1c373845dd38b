#include "server/state/settings.h"

namespace gannet::server {
namespace {

std::chrono::nanoseconds fromSeconds(double seconds) {
  return std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
}

}  // namespace

std::chrono::nanoseconds Settings::tlsTimeout() const {
  return fromSeconds(options.tls.timeout);
}

std::chrono::nanoseconds Settings::authTimeout() const {
  return fromSeconds(options.authorization.timeout);
}

}  // namespace gannet::server
