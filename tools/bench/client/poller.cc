#include "bench/client/poller.h"

#include "base/assert.h"

#include <algorithm>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace gannet::bench {

Poller::Poller()
    : epoll_fd_(epoll_create1(EPOLL_CLOEXEC)), wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  GANNET_ASSERT(epoll_fd_ >= 0);
  GANNET_ASSERT(wake_fd_ >= 0);
  add(wake_fd_, EPOLLIN | EPOLLET, kWoken);
}

Poller::~Poller() {
  close(wake_fd_);
  close(epoll_fd_);
}

void Poller::add(int fd, std::uint32_t events, std::uint64_t token) const {
  epoll_event event{.events = events, .data = {.u64 = token}};
  const int added = epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event);
  GANNET_ASSERT(added == 0);
}

void Poller::change(int fd, std::uint32_t events, std::uint64_t token) const {
  epoll_event event{.events = events, .data = {.u64 = token}};
  const int changed = epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, fd, &event);
  GANNET_ASSERT(changed == 0);
}

void Poller::remove(int fd) const {
  const int removed = epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr);
  GANNET_ASSERT(removed == 0);
}

std::span<const epoll_event> Poller::wait(std::chrono::nanoseconds timeout) {
  using std::chrono::milliseconds;
  using std::chrono::nanoseconds;
  // epoll_wait counts milliseconds: what is left of one goes to ppoll, which counts nanoseconds.
  const auto whole = std::chrono::duration_cast<milliseconds>(timeout);
  if (timeout > nanoseconds{0} && whole.count() == 0) {
    pollfd ready{.fd = epoll_fd_, .events = POLLIN, .revents = 0};
    const timespec rest{.tv_sec = 0, .tv_nsec = timeout.count()};
    ppoll(&ready, 1, &rest, nullptr);
  }
  const int count = epoll_wait(epoll_fd_, events_.data(), static_cast<int>(events_.size()),
                               static_cast<int>(whole.count()));
  auto* const end = events_.data() + std::max(count, 0);
  auto* const kept = std::remove_if(
      events_.data(), end, [](const epoll_event& event) { return event.data.u64 == kWoken; });
  return {events_.data(), kept};
}

void Poller::wake() const {
  const std::uint64_t one = 1;
  // Fails only when 2^64 - 2 wake-ups wait already, and then there is one.
  if (write(wake_fd_, &one, sizeof one) < 0) return;
}

}  // namespace gannet::bench
