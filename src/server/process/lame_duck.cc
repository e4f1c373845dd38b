#include "server/process/lame_duck.h"

#include "base/log.h"
#include "server/delivery/closing.h"
#include "server/session/connect.h"
#include "server/shards/shard_set.h"
#include "server/state/settings.h"
#include "server/state/shared.h"

#include <algorithm>
#include <iterator>

namespace gannet::server {
namespace {

constexpr std::chrono::nanoseconds kMinSpan = std::chrono::seconds(1);
constexpr std::chrono::nanoseconds kMaxInterval = std::chrono::seconds(1);
constexpr std::chrono::nanoseconds kLastLook = std::chrono::milliseconds(5);

// All sessions, in their greeting or past it.
std::vector<SessionId> allSessions(ShardSet& shards) {
  std::vector<std::vector<SessionId>> by_shard(shards.size());
  shards.onEachAndWait([&by_shard](Shard& shard) {
    shard.forEachSession([&](const Session& session) {
      if (session.phase < Phase::draining) by_shard[shard.loop.id()].push_back(session.id);
    });
  });
  std::vector<SessionId> all;
  for (const auto& here : by_shard)
    all.insert(all.end(), here.begin(), here.end());
  return all;
}

// A client that has left by itself is no longer found.
void closeOne(ShardSet& shards, SessionId id) {
  Shard& shard = *shards.shards()[id.shard];
  shard.loop.postFromOutside(Task([&shard, id] {
    Session* const session = shard.find(id);
    if (session != nullptr) close(shard, *session, protocol::CloseReason::server_shutdown);
  }));
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
  shards_.onEachAndWait([](Shard& shard) {
    shard.forEachSession([&shard](Session& session) { sendAsyncInfo(shard, session); });
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
  places_ = shards_.keepPlaces();
  left_ = allSessions(shards_);
  interval_ = std::min(span_ / std::max<std::int64_t>(std::ssize(left_), 1), kMaxInterval);
  next_due_ = monoNow();
  closeDue();
}

// Closes whoever is due. A timer is late by a millisecond now and then, so that may be several.
void LameDuck::closeDue() {
  const auto half = static_cast<std::uint32_t>(interval_.count() / 2);
  for (const MonoTime now = monoNow(); !left_.empty() && next_due_ <= now; left_.pop_back()) {
    closeOne(shards_, left_.back());
    next_due_ += interval_ / 2 + std::chrono::nanoseconds(rng_.below(std::max(half, 1U)));
  }
  // The last ones are on their way out.
  if (left_.empty() && shared_.connections.load() <= 0) return done_();
  timer_.expires_after(left_.empty() ? kLastLook : next_due_ - monoNow());
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) closeDue();
  });
}

}  // namespace gannet::server
