#include "bench/client/inbound.h"

#include "base/assert.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace gannet::bench {
namespace {

// Below this a copy is cheaper than the call that avoids it.
constexpr std::size_t kMinDiscard = 32UL << 10U;
constexpr std::size_t kMaxRest = 32UL << 10U;  // an INFO with very many URLs

}  // namespace

Result<std::size_t, Error> Inbound::closed(const Transfer& transfer) const {
  if (!counter_.error().empty()) return Error{"the server says " + counter_.error()};
  if (transfer.error != 0) return Error{"the connection broke: " + errnoText(transfer.error)};
  return Error{"the server closed the connection"};
}

Result<std::size_t, Error> Inbound::receive(const Connection& connection, std::span<char> buffer) {
  GANNET_ASSERT(buffer.size() >= kMinBuffer);
  std::size_t all = 0;
  for (;;) {
    const auto got = receiveOnce(connection, buffer);
    if (!got) return got;
    all += *got;
    // A part of a record may be what was read ahead: then the next read finds nothing.
    if (*got == 0 || !connection.hasReadAhead()) return all;
  }
}

Result<std::size_t, Error> Inbound::receiveOnce(const Connection& connection,
                                                std::span<char> buffer) {
  if (connection.canDiscard() && counter_.missing() >= kMinDiscard) {
    const Transfer got = connection.discard(counter_.missing());
    if (got.is_blocked) return std::size_t{0};
    if (got.size == 0) return closed(got);
    counter_.skip(got.size);
    return got.size;
  }
  std::copy(rest_.begin(), rest_.end(), buffer.begin());
  const std::span<char> space = buffer.subspan(rest_.size());
  const Transfer got = connection.receive(space.data(), space.size());
  if (got.is_blocked) return std::size_t{0};
  if (got.size == 0) return closed(got);
  const std::string_view bytes(buffer.data(), rest_.size() + got.size);
  rest_ = bytes.substr(counter_.consume(bytes));
  if (!counter_.error().empty()) return closed(got);
  if (rest_.size() > kMaxRest) return Error{"the server sends a line without end"};
  return got.size;
}

std::uint64_t Inbound::takePings() {
  const std::uint64_t pings = counter_.pings() - answered_;
  answered_ = counter_.pings();
  return pings;
}

}  // namespace gannet::bench
