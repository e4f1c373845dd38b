#pragma once

#include "base/result.h"
#include "bench/client/connection.h"
#include "bench/client/inbound.h"
#include "bench/client/poller.h"
#include "bench/flow.h"
#include "bench/progress_bar.h"
#include "bench/publisher.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace gannet::bench {

// A connection whose deliveries are counted.
struct Subscriber {
  Connection connection;
  Inbound inbound;
};

// The loop of one thread: it publishes as much as the Flow gives, counts what arrives, and answers
// PINGs. It sleeps whenever the server keeps it waiting, because the server may want the core.
//
// Threads  run() by one thread at a time; wake() by any.
class Worker {
 public:
  Worker(std::vector<Publisher> publishers, std::vector<Subscriber> subscribers);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Takes part in one phase, until everything that anybody published has arrived everywhere and
  // the server has answered a PING behind the last message of each publisher here. `crew` are all
  // workers of the phase, this one among them. `progress` may be null.
  // Errors  A connection that breaks, more deliveries than there were messages, or ten seconds in
  //         which nothing happens.
  Result<void, Error> run(Flow& flow, std::span<Worker* const> crew, ProgressBar* progress);

  void wake() const { poller_.wake(); }

  // How many messages each subscriber got since it was made.
  [[nodiscard]] std::vector<std::uint64_t> received() const;

 private:
  struct Phase;

  Result<void, Error> loop(Phase& phase);
  Result<bool, Error> publish(Phase& phase, MonoTime now);
  Result<bool, Error> push(Phase& phase, Publisher& publisher, MonoTime now);
  Result<void, Error> onEvent(Phase& phase, const epoll_event& event);
  Result<void, Error> onDeliveries(Phase& phase, Subscriber& subscriber);
  void fence(Phase& phase, MonoTime now);
  [[nodiscard]] std::uint64_t pongs() const;

  std::vector<Publisher> publishers_;
  std::vector<Subscriber> subscribers_;
  std::vector<char> buffer_;
  std::size_t first_ = 0;  // of the publishers, whose turn it is
  Poller poller_;
};

}  // namespace gannet::bench
