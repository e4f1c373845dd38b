#include "server/shards/shard_set.h"

#include "server/delivery/closing.h"
#include "server/delivery/relay.h"
#include "server/services/services.h"
#include "server/session/greeting.h"
#include "server/session/password_queue.h"
#include "server/shards/balance.h"
#include "server/shards/turn.h"
#include "server/state/settings.h"
#include "server/state/shared.h"

#include <algorithm>
#include <atomic>
#include <latch>

#include <unistd.h>

namespace gannet::server {
namespace {

constexpr auto kReadTime = std::chrono::seconds(2);   // for what shards have sent each other
constexpr auto kMaxDrain = std::chrono::seconds(60);  // whatever the write deadline
constexpr auto kDrainStep = std::chrono::milliseconds(5);

std::vector<std::unique_ptr<net::EventLoop>> makeLoops(std::size_t count) {
  std::vector<std::unique_ptr<net::EventLoop>> loops;
  for (std::size_t i = 0; i < count; ++i) {
    loops.push_back(std::make_unique<net::EventLoop>(static_cast<ShardId>(i), count));
  }
  for (const auto& loop : loops)
    loop->introduce(loops);
  return loops;
}

}  // namespace

struct ShardSet::Helpers {
  explicit Helpers(Shard& shard, const std::vector<Shard*>& peers, std::unique_ptr<Balance> own)
      : relay(shard, peers), balance(std::move(own)), turn(shard, balance.get()) {
    shard.relay = &relay;
    shard.passwords = &passwords;
  }

  RelayOut relay;
  std::unique_ptr<Balance> balance;  // null if there is no other shard
  Turn turn;
  PasswordQueue passwords;
};

ShardSet::ShardSet(std::size_t count, Shared& shared, const SettingsPtr& settings)
    : shared_(shared), loops_(makeLoops(count)), placement_(loops_) {
  // They are the system account's.
  if (!settings->options.no_system_account) {
    addServices(shared);
    if (settings->options.trace_verbose) traceServices();
  }
  std::vector<Shard*> peers;
  for (const auto& loop : loops_) {
    shards_.push_back(std::make_unique<Shard>(*loop, shared, settings));
    peers.push_back(shards_.back().get());
  }
  for (const auto& shard : shards_) {
    std::unique_ptr<Balance> balance;
    if (count > 1) balance = std::make_unique<Balance>(*shard, peers, placement_, gate_);
    helpers_.push_back(std::make_unique<Helpers>(*shard, peers, std::move(balance)));
  }
}

ShardSet::~ShardSet() {
  shutdown(std::chrono::nanoseconds(0));
  shards_.clear();
  removeServices(shared_);
}

Result<void, Error> ShardSet::listen(const Settings& settings, ServerIdentity& identity) {
  const config::Options& options = settings.options;
  // Bound alone first: a port that another server shares would otherwise be shared with us too.
  const auto probe = net::listenTcp(options.host, options.port, net::PortSharing::exclusive);
  if (!probe) return probe.error();
  ::close(probe->fd);
  identity.port = probe->port;
  for (const auto& shard : shards_) {
    const auto socket = net::listenTcp(options.host, probe->port, net::PortSharing::shared);
    if (!socket) return socket.error();
    listeners_.push_back(std::make_unique<net::Listener>(
        shard->loop, *socket, [this, home = shard.get()](int fd, net::PeerAddress peer) {
          placeAccepted(*home, fd, std::move(peer));
        }));
  }
  if (options.unix_listen.empty()) return {};
  const auto socket =
      net::listenUnix(options.unix_listen, static_cast<unsigned>(options.unix_mode));
  if (!socket) return socket.error();
  unix_path_ = options.unix_listen;
  listeners_.push_back(std::make_unique<net::Listener>(
      shards_.front()->loop, *socket,
      [this, home = shards_.front().get()](int fd, net::PeerAddress peer) {
        placeAccepted(*home, fd, std::move(peer));
      }));
  return {};
}

// TLS is dear, message by message: its connections stay where they were accepted, which spreads
// them over all cores.
void ShardSet::placeAccepted(Shard& acceptor, int fd, net::PeerAddress peer) {
  const bool has_handshake = acceptor.settings->tls != nullptr;
  const ShardId chosen = has_handshake ? acceptor.loop.id() : placement_.choose();
  if (chosen == acceptor.loop.id()) {
    accept(acceptor, fd, std::move(peer));
    return;
  }
  acceptor.relay->post(chosen, [fd, peer = std::move(peer)](Shard& home) mutable {
    accept(home, fd, std::move(peer));
  });
}

Turn& ShardSet::turn(std::size_t shard) {
  return helpers_[shard]->turn;
}

void ShardSet::start() {
  is_running_ = true;
  for (const auto& listener : listeners_)
    listener->start();
  for (std::size_t i = 0; i < loops_.size(); ++i)
    loops_[i]->start(helpers_[i]->turn);
}

void ShardSet::onEachAndWait(const std::function<void(Shard&)>& task) {
  if (!is_running_) return;
  const auto places = keepPlaces();
  std::latch done(static_cast<std::ptrdiff_t>(shards_.size()));
  for (const auto& shard : shards_) {
    shard->loop.postFromOutside(Task([&task, &done, home = shard.get()] {
      task(*home);
      done.count_down();
    }));
  }
  done.wait();
}

void ShardSet::stopListening() {
  if (is_running_) {
    // A listener belongs to its shard's loop and is closed there.
    onEachAndWait([this](Shard& shard) {
      for (std::size_t i = 0; i < listeners_.size(); ++i) {
        const std::size_t home = i < shards_.size() ? i : 0;
        if (home == shard.loop.id()) listeners_[i]->close();
      }
    });
  }
  if (!unix_path_.empty()) ::unlink(unix_path_.c_str());
  unix_path_.clear();
}

// Reads nothing more and waits until all that was read has reached the outboxes of its receivers.
// Two rounds without tasks: what a shard sends in the turn of the first is seen in the second.
void ShardSet::finishReading(MonoTime deadline) {
  onEachAndWait([](Shard& shard) { shard.is_stopping = true; });
  for (int quiet_rounds = 0; quiet_rounds < 2 && monoNow() < deadline;) {
    std::atomic<bool> has_posted{false};
    onEachAndWait([&has_posted](Shard& shard) {
      if (shard.loop.hasPosted()) has_posted.store(true);
    });
    quiet_rounds = has_posted.load() ? 0 : quiet_rounds + 1;
  }
}

void ShardSet::shutdown(std::chrono::nanoseconds write_deadline) {
  if (!is_running_) return;
  stopListening();
  finishReading(monoNow() + kReadTime);
  onEachAndWait([](Shard& shard) {
    shard.forEachSession([&shard](Session& session) {
      close(shard, session, protocol::CloseReason::server_shutdown);
    });
  });
  // Each session's own deadline ends first, unless it is a very long one.
  const MonoTime deadline =
      monoNow() + std::min<std::chrono::nanoseconds>(write_deadline, kMaxDrain) + kReadTime;
  std::size_t left = 1;
  while (left > 0 && monoNow() < deadline) {
    std::vector<std::size_t> live(shards_.size());
    onEachAndWait([&live](Shard& shard) { live[shard.loop.id()] = shard.live_sessions; });
    left = 0;
    for (const std::size_t each : live)
      left += each;
    if (left > 0) std::this_thread::sleep_for(kDrainStep);
  }
  for (const auto& loop : loops_)
    loop->stop();
  for (const auto& loop : loops_)
    loop->join();
  is_running_ = false;
}

}  // namespace gannet::server
