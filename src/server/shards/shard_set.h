#pragma once

#include "base/result.h"
#include "net/listener.h"
#include "server/services/services.h"
#include "server/shards/move_gate.h"
#include "server/shards/placement.h"
#include "server/shards/settings.h"
#include "server/shards/worker.h"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace gannet::server {

struct Identity;

// All shards with their workers and listening sockets: what runs while the server runs.
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
  Result<void, Error> listen(const Settings& settings, Identity& identity);

  // Starts the threads, and accepting.
  void start();

  // Runs `task` on every shard and waits until all are done. No connection moves meanwhile.
  void onEachAndWait(const std::function<void(Worker&)>& task);

  // Keeps every connection on its shard while the answer lives; it does not outlive the set.
  [[nodiscard]] MoveGate::Closed keepPlaces() { return gate_.close(); }

  // Refuses new connections from now on.
  void stopListening();

  // Closes every connection, waits for their output, as long as each one's write deadline and a
  // minute at most, and ends the threads.
  void shutdown(std::chrono::nanoseconds write_deadline);

  // By shard. Their state belongs to their threads once start() was called.
  [[nodiscard]] const std::vector<std::unique_ptr<Worker>>& workers() const { return workers_; }

  // The share of its core that each shard used lately, in 1/1000.
  [[nodiscard]] std::vector<std::uint32_t> loads() { return placement_.loads(); }

  // The number of shards.
  [[nodiscard]] std::size_t size() const { return shards_.size(); }

 private:
  void finishReading(MonoTime deadline);
  void placeAccepted(Worker& acceptor, int fd, net::PeerAddress peer);

  MoveGate gate_;
  std::optional<Services> services_;  // none without a system account
  std::vector<std::unique_ptr<net::Shard>> shards_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::unique_ptr<net::Listener>> listeners_;
  std::string unix_path_;
  Placement placement_;
  bool is_running_ = false;
};

}  // namespace gannet::server
