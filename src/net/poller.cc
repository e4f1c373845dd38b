#include "net/poller.h"

#include "base/assert.h"

#include <algorithm>
#include <limits>

#include <sys/eventfd.h>

namespace gannet::net {
namespace {

// Rounded up: a wait that ends just before its timer is due would only be repeated.
int toMilliseconds(std::optional<std::chrono::nanoseconds> timeout) {
  if (!timeout) return -1;
  const auto whole = std::chrono::ceil<std::chrono::milliseconds>(*timeout).count();
  constexpr std::int64_t kMost = std::numeric_limits<int>::max();
  return static_cast<int>(std::clamp<std::int64_t>(whole, 0, kMost));
}

}  // namespace

Poller::Poller()
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)), wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  GANNET_ASSERT(epoll_.isOpen());
  GANNET_ASSERT(wake_.isOpen());
  const bool is_added = add(wake_.fd(), EPOLLIN | EPOLLET, nullptr);
  GANNET_ASSERT(is_added);
}

bool Poller::add(int fd, std::uint32_t events, Watch* watch) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = watch;
  return ::epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, fd, &event) == 0;
}

bool Poller::watchStream(int fd, Watch& watch) {
  return add(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, &watch);
}

bool Poller::watchListener(int fd, Watch& watch) {
  return add(fd, EPOLLIN, &watch);
}

void Poller::unwatch(int fd) {
  ::epoll_ctl(epoll_.fd(), EPOLL_CTL_DEL, fd, nullptr);
}

void Poller::wait(std::optional<std::chrono::nanoseconds> timeout) {
  const int count = ::epoll_wait(epoll_.fd(), events_.data(), static_cast<int>(events_.size()),
                                 toMilliseconds(timeout));
  ready_ = static_cast<std::size_t>(std::max(count, 0));
}

void Poller::dispatch() {
  for (std::size_t i = 0; i < ready_; ++i) {
    const epoll_event& event = events_[i];
    auto* const watch = static_cast<Watch*>(event.data.ptr);
    if (watch == nullptr) continue;  // wake()
    watch->on_ready(watch->owner,
                    {
                        .readable = (event.events & EPOLLIN) != 0,
                        .writable = (event.events & EPOLLOUT) != 0,
                        .hung_up = (event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0,
                    });
  }
}

void Poller::wake() {
  const std::uint64_t one = 1;
  // It fails only with a counter that is full, which is as good as a wake-up.
  static_cast<void>(::write(wake_.fd(), &one, sizeof one) == sizeof one);
}

}  // namespace gannet::net
