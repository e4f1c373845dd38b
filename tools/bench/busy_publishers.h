#pragma once

#include "base/result.h"
#include "bench/flow.h"
#include "bench/options.h"
#include "bench/target.h"
#include "bench/worker.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace gannet::bench {

// Publishers on a thread of their own that write all that the server takes, so that each of them
// always has a backlog there. Nobody listens to them: what is measured beside them shows how long
// the server lets others wait.
//
// Threads  Its functions on one; the publishers have another.
class BusyPublishers {
 public:
  // Connects `options.beside` publishers, which may be none, and lets them begin.
  static Result<std::unique_ptr<BusyPublishers>, Error> start(const Target& target,
                                                              const Options& options);
  BusyPublishers(const BusyPublishers&) = delete;
  BusyPublishers& operator=(const BusyPublishers&) = delete;

  // Stops them and drops what the server has not read: it is as quiet as before.
  ~BusyPublishers();

  // How many messages the kernel took, or was about to take, since they began.
  [[nodiscard]] std::uint64_t published() const { return flow_.published(); }

  // Stops them.
  // Errors  Why one of them ended before.
  Result<void, Error> stop();

 private:
  explicit BusyPublishers(std::vector<Publisher> publishers);

  void begin();

  Worker worker_;
  Flow flow_;
  Result<void, Error> outcome_;
  std::thread thread_;
};

}  // namespace gannet::bench
