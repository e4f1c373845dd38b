#pragma once

#include "net/socket.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

#include <sys/epoll.h>

namespace gannet::net {

// What a descriptor is ready for.
struct Readiness {
  bool readable = false;
  bool writable = false;
  bool hung_up = false;  // the peer ended its stream, or it broke: reading will tell
};

// Whom to tell when a descriptor is ready. Lives at a fixed address inside what waits, and outlives
// the descriptor's stay on the poller.
struct Watch {
  using Callback = void (*)(void* owner, Readiness readiness);

  Callback on_ready = nullptr;
  void* owner = nullptr;
};

// The descriptors of one shard. A connection is put on it once, when it comes to the shard, and
// never asked for again: the kernel reports each *change* to readable or writable (edge-triggered),
// so whoever is told must read until the socket is empty, or come back by himself. That spares the
// call per wait that re-arming costs: a sixth of the CPU of a lone request.
//
// Threads  One shard, but for wake().
class Poller {
 public:
  Poller();

  // Reports changes of a connected socket from now on until it is closed, or unwatch(). False if
  // the kernel refuses; errno says why.
  [[nodiscard]] bool watchStream(int fd, Watch& watch);

  // Reports while connections wait to be accepted, until unwatch().
  [[nodiscard]] bool watchListener(int fd, Watch& watch);
  void unwatch(int fd);

  // Waits until something is ready, `timeout` has passed or wake() is called; none: for ever.
  void wait(std::optional<std::chrono::nanoseconds> timeout);

  // Tells the watches that the last wait() found ready: a bounded number, the others follow next
  // time.
  void dispatch();

  // Ends the current wait(), or the next. Any thread.
  void wake();

 private:
  bool add(int fd, std::uint32_t events, Watch* watch);

  static constexpr std::size_t kEventsPerWait = 128;

  Socket epoll_;
  Socket wake_;  // an eventfd: each write is a change, so nobody needs to read it
  std::array<epoll_event, kEventsPerWait> events_{};
  std::size_t ready_ = 0;
};

}  // namespace gannet::net
