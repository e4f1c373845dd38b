#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

#include <sys/epoll.h>

namespace gannet::bench {

// An epoll instance and an event that any thread may raise.
//
// Threads  One, but wake() any.
class Poller {
 public:
  static constexpr std::uint64_t kWoken = UINT64_MAX;  // the token of wake()

  Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;
  ~Poller();

  // Reports `events` (EPOLLIN, EPOLLOUT, EPOLLET …) of `fd` under `token` until it is removed or
  // closed.
  void add(int fd, std::uint32_t events, std::uint64_t token) const;
  void change(int fd, std::uint32_t events, std::uint64_t token) const;
  void remove(int fd) const;

  // What happened, after waiting for it at most `timeout`, to the microsecond. Valid until the next
  // call. A wake() ends the wait and is not among the events.
  std::span<const epoll_event> wait(std::chrono::nanoseconds timeout);

  void wake() const;

 private:
  int epoll_fd_;
  int wake_fd_;
  std::array<epoll_event, 256> events_{};
};

}  // namespace gannet::bench
