#pragma once

#include "base/result.h"
#include "net/listener.h"
#include "server/shards/move_gate.h"
#include "server/shards/placement.h"
#include "server/state/settings.h"
#include "server/state/shard.h"

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

namespace gannet::server {

struct ServerIdentity;
class Turn;

// All shards with their shards and listening sockets: what runs while the server runs.
//
// Threads  The control thread; tasks given to it run on the shards.
class ShardSet {
 public:
  // `count` shards, not yet started.
  ShardSet(std::size_t count, Shared& shared, const SettingsPtr& settings);
  ShardSet(const ShardSet&) = delete;
  ShardSet& operator=(const ShardSet&) = delete;
  ~ShardSet();

  // Binds the client port on every shard, and the Unix socket if one is configured.
  Result<void, Error> listen(const Settings& settings, ServerIdentity& identity);

  // Starts the threads, and accepting.
  void start();

  // Runs `task` on every shard and waits until all are done. No connection moves meanwhile.
  void onEachAndWait(const std::function<void(Shard&)>& task);

  // Keeps every connection on its shard while the answer lives; it does not outlive the set.
  [[nodiscard]] MoveGate::Closed keepPlaces() { return gate_.close(); }

  // Refuses new connections from now on.
  void stopListening();

  // Closes every connection, waits for their output, as long as each one's write deadline and a
  // minute at most, and ends the threads.
  void shutdown(std::chrono::nanoseconds write_deadline);

  // By shard. Their state belongs to their threads once start() was called.
  [[nodiscard]] const std::vector<std::unique_ptr<Shard>>& shards() const { return shards_; }

  // The turns of a shard, for tests that step a loop whose thread was not started.
  [[nodiscard]] Turn& turn(std::size_t shard);

  // The share of its core that each shard used lately, in 1/1000.
  [[nodiscard]] std::vector<std::uint32_t> loads() { return placement_.loads(); }

  // The number of shards.
  [[nodiscard]] std::size_t size() const { return loops_.size(); }

 private:
  void finishReading(MonoTime deadline);
  void placeAccepted(Shard& acceptor, int fd, net::PeerAddress peer);

  struct Helpers;

  Shared& shared_;
  MoveGate gate_;
  std::vector<std::unique_ptr<net::EventLoop>> loops_;
  std::vector<std::unique_ptr<Helpers>> helpers_;  // by shard: what each has beside its state
  std::vector<std::unique_ptr<Shard>> shards_;
  std::vector<std::unique_ptr<net::Listener>> listeners_;
  std::string unix_path_;
  Placement placement_;
  bool is_running_ = false;
};

}  // namespace gannet::server
