#pragma once

#include "base/clock.h"
#include "base/rng.h"
#include "server/message/subscription.h"
#include "server/shards/move_gate.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <vector>

namespace gannet::server {

class ShardSet;
struct Shared;
struct Settings;

// Lets the clients go one by one instead of all at once: tells them, waits, closes them spread over
// the configured time.
//
// Threads  The control thread.
// Spec     client-protocol §12, config-and-cli §6.3
class LameDuck {
 public:
  // `done` runs on the control thread when no client is left.
  LameDuck(boost::asio::io_context& control, ShardSet& shards, Shared& shared,
           std::function<void()> done);

  // Stops listening and starts the way out.
  void begin(const Settings& settings);

 private:
  void closeClients();
  void closeDue();

  boost::asio::steady_timer timer_;
  ShardSet& shards_;
  Shared& shared_;
  std::function<void()> done_;
  Rng rng_;
  MoveGate::Closed places_;               // so that names stay true
  std::vector<SessionId> left_;           // clients to close, the last one next
  std::chrono::nanoseconds span_{0};      // over which the clients are closed
  std::chrono::nanoseconds interval_{0};  // between two closes, at most
  MonoTime next_due_{};
};

}  // namespace gannet::server
