#include "base/bytes/buffer.h"

#include "base/assert.h"
#include "base/bytes/spare_buffers.h"

#include <new>

namespace gannet {
namespace {

std::atomic<std::int64_t>& live() {
  static std::atomic<std::int64_t> bytes{0};
  return bytes;
}

}  // namespace

Buffer* Buffer::create(std::size_t capacity) {
  if (Buffer* const spare = spareBuffers().take(capacity); spare != nullptr) {
    GANNET_ASSERT(spare->count_.load(std::memory_order_relaxed) == 0);
    spare->retain();
    return spare;
  }
  void* memory = ::operator new(sizeof(Buffer) + capacity);
  live().fetch_add(static_cast<std::int64_t>(capacity), std::memory_order_relaxed);
  return new (memory) Buffer(capacity);
}

void Buffer::release() {
  if (count_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  if (!spareBuffers().keep(this)) destroy(this);
}

void Buffer::destroy(Buffer* buffer) {
  live().fetch_sub(static_cast<std::int64_t>(buffer->capacity_), std::memory_order_relaxed);
  buffer->~Buffer();
  ::operator delete(buffer);
}

std::int64_t Buffer::liveBytes() {
  return live().load(std::memory_order_relaxed);
}

}  // namespace gannet
