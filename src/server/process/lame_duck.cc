#include "server/process/lame_duck.h"

#include "base/log.h"
#include "server/session/closing.h"
#include "server/session/connect.h"
#include "server/shards/settings.h"
#include "server/shards/shard_set.h"
#include "server/shards/shared.h"

#include <algorithm>
#include <atomic>

namespace gannet::server {
namespace {

constexpr std::chrono::nanoseconds kMinSpan = std::chrono::seconds(1);
constexpr std::chrono::nanoseconds kMaxInterval = std::chrono::seconds(1);
constexpr std::chrono::nanoseconds kLastLook = std::chrono::milliseconds(5);

// Closes one client of the first shard that has any, in its greeting or past it.
void closeOne(ShardSet& shards) {
  std::atomic<bool> closed{false};
  shards.onEachAndWait([&closed](Worker& worker) {
    worker.forEachSession([&](Session& session) {
      if (session.phase >= Phase::draining || closed.exchange(true)) return;
      close(worker, session, protocol::CloseReason::server_shutdown);
    });
  });
}

}  // namespace

LameDuck::LameDuck(boost::asio::io_context& control, ShardSet& shards, Shared& shared,
                   std::function<void()> done)
    : timer_(control),
      shards_(shards),
      shared_(shared),
      done_(std::move(done)),
      rng_(randomSeed()) {}

void LameDuck::begin(const Settings& settings) {
  log::info("Entering lame duck mode, stop accepting new clients");
  shared_.is_lame_duck.store(true);
  shards_.stopListening();
  if (shared_.connections.load() <= 0) {
    done_();
    return;
  }
  shards_.onEachAndWait([](Worker& worker) {
    worker.forEachSession([&worker](Session& session) { sendAsyncInfo(worker, session); });
  });
  const auto& options = settings.options;
  span_ = std::max(options.lame_duck_duration - options.lame_duck_grace_period, kMinSpan);
  timer_.expires_after(options.lame_duck_grace_period);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) closeClients();
  });
}

void LameDuck::closeClients() {
  log::info("Closing existing clients");
  const std::int64_t clients = std::max<std::int64_t>(shared_.connections.load(), 1);
  interval_ = std::min(span_ / clients, kMaxInterval);
  closeNext();
}

void LameDuck::closeNext() {
  if (shared_.connections.load() <= 0) {
    done_();
    return;
  }
  closeOne(shards_);
  if (shared_.connections.load() <= 1) interval_ = kLastLook;  // it is on its way out
  const auto half = static_cast<std::uint32_t>(interval_.count() / 2);
  timer_.expires_after(interval_ / 2 + std::chrono::nanoseconds(rng_.below(std::max(half, 1U))));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) closeNext();
  });
}

}  // namespace gannet::server
