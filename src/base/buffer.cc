#include "base/buffer.h"

#include <array>
#include <new>

namespace gannet {
namespace {

// Blocks of such a size are kept for the next taker, so many bytes at most: to get their pages from
// the system costs more than to fill them.
constexpr std::size_t kSmallestSpare = std::size_t{64} * 1024;
constexpr std::size_t kLargestSpare = std::size_t{4} * 1024 * 1024;
constexpr std::int64_t kMostSpare = std::int64_t{16} * 1024 * 1024;

using Slots = std::array<std::atomic<Buffer*>, 16>;

Slots& spare() {
  static Slots slots{};
  return slots;
}

std::atomic<std::int64_t>& spareBytes() {
  static std::atomic<std::int64_t> bytes{0};
  return bytes;
}

std::atomic<std::int64_t>& live() {
  static std::atomic<std::int64_t> bytes{0};
  return bytes;
}

bool mayBeSpare(std::size_t capacity) {
  return capacity >= kSmallestSpare && capacity <= kLargestSpare;
}

// What lies in `slot`, or null.
Buffer* takeFrom(std::atomic<Buffer*>& slot) {
  if (slot.load(std::memory_order_relaxed) == nullptr) return nullptr;
  Buffer* const block = slot.exchange(nullptr, std::memory_order_acquire);
  if (block != nullptr) spareBytes().fetch_sub(static_cast<std::int64_t>(block->capacity()));
  return block;
}

bool putInto(std::atomic<Buffer*>& slot, Buffer* block) {
  Buffer* none = nullptr;
  return slot.compare_exchange_strong(none, block, std::memory_order_release,
                                      std::memory_order_relaxed);
}

// False if enough is kept already.
bool keep(Buffer* block) {
  const auto size = static_cast<std::int64_t>(block->capacity());
  if (spareBytes().fetch_add(size) + size <= kMostSpare) {
    for (std::atomic<Buffer*>& slot : spare()) {
      if (putInto(slot, block)) return true;
    }
  }
  spareBytes().fetch_sub(size);
  return false;
}

}  // namespace

Buffer* Buffer::create(std::size_t capacity) {
  if (mayBeSpare(capacity)) {
    if (Buffer* const block = takeSpare(capacity); block != nullptr) return block;
  }
  void* memory = ::operator new(sizeof(Buffer) + capacity);
  live().fetch_add(static_cast<std::int64_t>(capacity), std::memory_order_relaxed);
  return new (memory) Buffer(capacity);
}

// One that is not much larger than asked for, or null.
Buffer* Buffer::takeSpare(std::size_t capacity) {
  for (std::atomic<Buffer*>& slot : spare()) {
    Buffer* const block = takeFrom(slot);
    if (block == nullptr) continue;
    if (block->capacity_ >= capacity && block->capacity_ / 2 <= capacity) {
      block->count_.store(1, std::memory_order_relaxed);
      return block;
    }
    if (!keep(block)) destroy(block);
  }
  return nullptr;
}

void Buffer::release() {
  if (count_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  if (!mayBeSpare(capacity_) || !keep(this)) destroy(this);
}

void Buffer::destroy(Buffer* block) {
  live().fetch_sub(static_cast<std::int64_t>(block->capacity_), std::memory_order_relaxed);
  block->~Buffer();
  ::operator delete(block);
}

bool Buffer::hasSpare() {
  return spareBytes().load(std::memory_order_relaxed) > 0;
}

void Buffer::freeSpare() {
  for (std::atomic<Buffer*>& slot : spare()) {
    if (Buffer* const block = takeFrom(slot); block != nullptr) destroy(block);
  }
}

std::int64_t Buffer::liveBytes() {
  return live().load(std::memory_order_relaxed);
}

}  // namespace gannet
