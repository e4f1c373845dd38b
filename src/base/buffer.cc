#include "base/buffer.h"

#include <new>

namespace gannet {
namespace {

constinit std::atomic<std::int64_t> live_bytes{0};

}  // namespace

Buffer* Buffer::create(std::size_t capacity) {
  void* memory = ::operator new(sizeof(Buffer) + capacity);
  live_bytes.fetch_add(static_cast<std::int64_t>(capacity), std::memory_order_relaxed);
  return new (memory) Buffer(capacity);
}

void Buffer::release() {
  if (count_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  live_bytes.fetch_sub(static_cast<std::int64_t>(capacity_), std::memory_order_relaxed);
  this->~Buffer();
  ::operator delete(this);
}

std::int64_t Buffer::liveBytes() {
  return live_bytes.load(std::memory_order_relaxed);
}

}  // namespace gannet
