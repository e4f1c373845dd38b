#include "server/shards/shard_set.h"

#include "server/session/closing.h"
#include "server/session/greeting.h"
#include "server/shards/balance.h"
#include "server/shards/relay.h"
#include "server/shards/settings.h"
#include "server/shards/shared.h"

#include <algorithm>
#include <atomic>
#include <latch>

#include <unistd.h>

namespace gannet::server {
namespace {

constexpr auto kReadTime = std::chrono::seconds(2);   // for what shards have sent each other
constexpr auto kMaxDrain = std::chrono::seconds(60);  // whatever the write deadline
constexpr auto kDrainStep = std::chrono::milliseconds(5);

std::vector<std::unique_ptr<net::Shard>> makeShards(std::size_t count) {
  std::vector<std::unique_ptr<net::Shard>> shards;
  for (std::size_t i = 0; i < count; ++i) {
    shards.push_back(std::make_unique<net::Shard>(static_cast<net::ShardId>(i), count));
  }
  for (const auto& shard : shards)
    shard->introduce(shards);
  return shards;
}

}  // namespace

ShardSet::ShardSet(std::size_t count, Shared& shared, const SettingsPtr& settings)
    : shards_(makeShards(count)), placement_(shards_) {
  // They are the system account's.
  if (!settings->options.no_system_account) {
    shared.services = &services_.emplace(shared.global);
    if (settings->options.trace_verbose) Services::trace();
  }
  std::vector<Worker*> peers;
  for (const auto& shard : shards_) {
    workers_.push_back(std::make_unique<Worker>(*shard, shared, settings));
    peers.push_back(workers_.back().get());
  }
  for (const auto& worker : workers_) {
    worker->relay = std::make_unique<RelayOut>(*worker, peers);
    if (count > 1) worker->balance = std::make_unique<Balance>(*worker, peers, placement_, gate_);
  }
}

ShardSet::~ShardSet() {
  shutdown(std::chrono::nanoseconds(0));
}

Result<void, Error> ShardSet::listen(const Settings& settings, Identity& identity) {
  const config::Options& options = settings.options;
  // Bound alone first: a port that another server shares would otherwise be shared with us too.
  const auto probe = net::listenTcp(options.host, options.port, net::PortSharing::exclusive);
  if (!probe) return probe.error();
  ::close(probe->fd);
  identity.port = probe->port;
  for (const auto& worker : workers_) {
    const auto socket = net::listenTcp(options.host, probe->port, net::PortSharing::shared);
    if (!socket) return socket.error();
    listeners_.push_back(std::make_unique<net::Listener>(
        worker->shard, *socket, [this, home = worker.get()](int fd, net::PeerAddress peer) {
          placeAccepted(*home, fd, std::move(peer));
        }));
  }
  if (options.unix_listen.empty()) return {};
  const auto socket =
      net::listenUnix(options.unix_listen, static_cast<unsigned>(options.unix_mode));
  if (!socket) return socket.error();
  unix_path_ = options.unix_listen;
  listeners_.push_back(std::make_unique<net::Listener>(
      workers_.front()->shard, *socket,
      [this, home = workers_.front().get()](int fd, net::PeerAddress peer) {
        placeAccepted(*home, fd, std::move(peer));
      }));
  return {};
}

// TLS is dear, message by message: its connections stay where they were accepted, which spreads
// them over all cores.
void ShardSet::placeAccepted(Worker& acceptor, int fd, net::PeerAddress peer) {
  const bool has_handshake = acceptor.settings->tls != nullptr;
  const subject::ShardId chosen = has_handshake ? acceptor.shard.id() : placement_.choose();
  if (chosen == acceptor.shard.id()) {
    accept(acceptor, fd, std::move(peer));
    return;
  }
  acceptor.relay->post(chosen, [fd, peer = std::move(peer)](Worker& home) mutable {
    accept(home, fd, std::move(peer));
  });
}

void ShardSet::start() {
  is_running_ = true;
  for (const auto& listener : listeners_)
    listener->start();
  for (std::size_t i = 0; i < shards_.size(); ++i)
    shards_[i]->start(*workers_[i]);
}

void ShardSet::onEachAndWait(const std::function<void(Worker&)>& task) {
  if (!is_running_) return;
  const auto places = keepPlaces();
  std::latch done(static_cast<std::ptrdiff_t>(workers_.size()));
  for (const auto& worker : workers_) {
    worker->shard.postFromOutside(Task([&task, &done, home = worker.get()] {
      task(*home);
      done.count_down();
    }));
  }
  done.wait();
}

void ShardSet::stopListening() {
  if (is_running_) {
    // A listener belongs to its shard's loop and is closed there.
    onEachAndWait([this](Worker& worker) {
      for (std::size_t i = 0; i < listeners_.size(); ++i) {
        const std::size_t home = i < workers_.size() ? i : 0;
        if (home == worker.shard.id()) listeners_[i]->close();
      }
    });
  }
  if (!unix_path_.empty()) ::unlink(unix_path_.c_str());
  unix_path_.clear();
}

// Reads nothing more and waits until all that was read has reached the outboxes of its receivers.
// Two rounds without mail: what a shard sends in the turn of the first is seen in the second.
void ShardSet::finishReading(MonoTime deadline) {
  onEachAndWait([](Worker& worker) { worker.is_stopping = true; });
  for (int quiet_rounds = 0; quiet_rounds < 2 && monoNow() < deadline;) {
    std::atomic<bool> has_mail{false};
    onEachAndWait([&has_mail](Worker& worker) {
      if (worker.shard.hasMail()) has_mail.store(true);
    });
    quiet_rounds = has_mail.load() ? 0 : quiet_rounds + 1;
  }
}

void ShardSet::shutdown(std::chrono::nanoseconds write_deadline) {
  if (!is_running_) return;
  stopListening();
  finishReading(monoNow() + kReadTime);
  onEachAndWait([](Worker& worker) {
    worker.forEachSession([&worker](Session& session) {
      close(worker, session, protocol::CloseReason::server_shutdown);
    });
  });
  // Each session's own deadline ends first, unless it is a very long one.
  const MonoTime deadline =
      monoNow() + std::min<std::chrono::nanoseconds>(write_deadline, kMaxDrain) + kReadTime;
  std::size_t left = 1;
  while (left > 0 && monoNow() < deadline) {
    std::vector<std::size_t> live(workers_.size());
    onEachAndWait([&live](Worker& worker) { live[worker.shard.id()] = worker.live_sessions; });
    left = 0;
    for (const std::size_t each : live)
      left += each;
    if (left > 0) std::this_thread::sleep_for(kDrainStep);
  }
  for (const auto& shard : shards_)
    shard->stop();
  for (const auto& shard : shards_)
    shard->join();
  is_running_ = false;
}

}  // namespace gannet::server
