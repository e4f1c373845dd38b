#include "base/bytes/spare_buffers.h"

#include "base/bytes/buffer.h"

#include <bit>

#include <sanitizer/asan_interface.h>

namespace gannet {
namespace {

constexpr std::size_t kSmallest = std::size_t{64} * 1024;
constexpr std::int64_t kMostBytes = std::int64_t{16} * 1024 * 1024;

// That of 64 KiB is 0. That of less is beyond the last one, too.
std::size_t classOf(std::size_t capacity) {
  return static_cast<std::size_t>(std::bit_width(capacity)) - std::bit_width(kSmallest);
}

std::int64_t sizeOf(const Buffer& buffer) {
  return static_cast<std::int64_t>(buffer.capacity());
}

// A view that was kept too long is seen here as it would be if the buffer were freed.
void forbidUse(Buffer& buffer) {
  ASAN_POISON_MEMORY_REGION(buffer.data(), buffer.capacity());
}

void allowUse(Buffer& buffer) {
  ASAN_UNPOISON_MEMORY_REGION(buffer.data(), buffer.capacity());
}

}  // namespace

Buffer* SpareBuffers::takeFrom(Place& place) {
  if (place.load(std::memory_order_relaxed) == nullptr) return nullptr;
  Buffer* const buffer = place.exchange(nullptr, std::memory_order_acquire);
  if (buffer == nullptr) return nullptr;
  bytes_.fetch_sub(sizeOf(*buffer), std::memory_order_relaxed);
  allowUse(*buffer);
  return buffer;
}

Buffer* SpareBuffers::takeOf(std::size_t size_class, std::size_t capacity) {
  if (size_class == kClasses) return nullptr;
  for (Place& place : places_[size_class]) {
    Buffer* const buffer = takeFrom(place);
    if (buffer == nullptr) continue;
    if (buffer->capacity() >= capacity && buffer->capacity() / 2 <= capacity) return buffer;
    if (!keep(buffer)) Buffer::destroy(buffer);
  }
  return nullptr;
}

Buffer* SpareBuffers::take(std::size_t capacity) {
  if (bytes() == 0) return nullptr;
  const std::size_t size_class = classOf(capacity);
  if (size_class >= kClasses) return nullptr;
  Buffer* buffer = takeOf(size_class, capacity);
  if (buffer == nullptr) buffer = takeOf(size_class + 1, capacity);
  if (buffer != nullptr) taken_.fetch_add(1, std::memory_order_relaxed);
  return buffer;
}

bool SpareBuffers::keep(Buffer* buffer) {
  const std::size_t size_class = classOf(buffer->capacity());
  if (size_class >= kClasses) return false;
  const std::int64_t size = sizeOf(*buffer);
  // Counted before it can be taken, and so never too low.
  if (bytes_.fetch_add(size, std::memory_order_relaxed) + size <= kMostBytes) {
    forbidUse(*buffer);
    for (Place& place : places_[size_class]) {
      if (place.load(std::memory_order_relaxed) != nullptr) continue;
      Buffer* none = nullptr;
      if (place.compare_exchange_strong(none, buffer, std::memory_order_release,
                                        std::memory_order_relaxed)) {
        return true;
      }
    }
    allowUse(*buffer);
  }
  bytes_.fetch_sub(size, std::memory_order_relaxed);
  return false;
}

void SpareBuffers::free() {
  for (auto& size_class : places_) {
    for (Place& place : size_class) {
      if (Buffer* const buffer = takeFrom(place); buffer != nullptr) Buffer::destroy(buffer);
    }
  }
}

SpareBuffers& spareBuffers() {
  static SpareBuffers of_process;
  return of_process;
}

}  // namespace gannet
