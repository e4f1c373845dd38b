#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <utility>

namespace gannet::net {

// A bounded queue from one shard to one other.
//
// Threads  push: the sender's only. pop: the receiver's only. What the sender wrote before push()
//          is visible to the receiver after the pop() that returns the item.
// Cost     No lock, no allocation; the two ends sit on cache lines of their own and look at each
//          other's only when their cached copy says full or empty.
template <class T, std::size_t Capacity>
class PairQueue {
  static_assert((Capacity & (Capacity - 1)) == 0, "a power of two");

 public:
  // False if the queue is full; `item` is then left as it was.
  bool push(T& item) {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - seen_head_ == Capacity) {
      seen_head_ = head_.load(std::memory_order_acquire);
      if (tail - seen_head_ == Capacity) return false;
    }
    items_[tail % Capacity] = std::move(item);
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

  // False if the queue is empty.
  bool pop(T& item) {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    if (head == seen_tail_) {
      seen_tail_ = tail_.load(std::memory_order_acquire);
      if (head == seen_tail_) return false;
    }
    item = std::move(items_[head % Capacity]);
    items_[head % Capacity] = T{};
    head_.store(head + 1, std::memory_order_release);
    return true;
  }

  // How many items wait. The receiver's end.
  [[nodiscard]] std::size_t size() const {
    return tail_.load(std::memory_order_acquire) - head_.load(std::memory_order_relaxed);
  }

  // True if nothing waits. The receiver's end.
  [[nodiscard]] bool isEmpty() const { return size() == 0; }

 private:
  static constexpr std::size_t kLine = 64;

  alignas(kLine) std::atomic<std::size_t> head_{0};
  std::size_t seen_tail_ = 0;
  alignas(kLine) std::atomic<std::size_t> tail_{0};
  std::size_t seen_head_ = 0;
  alignas(kLine) std::array<T, Capacity> items_{};
};

}  // namespace gannet::net
