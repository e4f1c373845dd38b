#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace gannet {

// A block of bytes that several owners may read: received once, sent from where it lies.
//
// Threads  The count is atomic, so a reference may be dropped on any shard. The bytes are written
//          by the one who made the block, before a reference is handed on.
class Buffer {
 public:
  // Room for `capacity` bytes, uninitialised, with one reference; from 64 KiB on perhaps for up to
  // twice as many.
  static Buffer* create(std::size_t capacity);

  // Where the bytes lie, right behind this header; aligned as its members are.
  [[nodiscard]] char* data() { return reinterpret_cast<char*>(this + 1); }

  [[nodiscard]] std::size_t capacity() const { return capacity_; }

  // True if the caller's is the only reference: then the bytes may be overwritten.
  [[nodiscard]] bool isSole() const { return count_.load(std::memory_order_acquire) == 1; }

  // One more reference. The caller holds one, so the count cannot reach zero meanwhile.
  void retain() { count_.fetch_add(1, std::memory_order_relaxed); }

  // Drops one reference. The last one frees the block, or makes it a spare one
  // (`base/bytes/spare_buffers.h`).
  void release();

  // The bytes of all blocks that live now or are spare. Any thread.
  [[nodiscard]] static std::int64_t liveBytes();

 private:
  friend class SpareBuffers;

  explicit Buffer(std::size_t capacity) : capacity_(capacity) {}

  static void destroy(Buffer* buffer);

  std::atomic<std::uint32_t> count_{1};
  std::size_t capacity_;
};

// One counted reference to a Buffer, or none.
//
// Threads  A BufferRef belongs to one shard; copies of it may go to others.
// Cost     A copy: one atomic addition. A move: none.
class BufferRef {
 public:
  BufferRef() = default;

  // Takes over the reference that create() returned.
  static BufferRef adopt(Buffer* buffer) {
    BufferRef ref;
    ref.buffer_ = buffer;
    return ref;
  }

  // A further reference to `buffer`, which may be null.
  static BufferRef share(Buffer* buffer) {
    if (buffer != nullptr) buffer->retain();
    return adopt(buffer);
  }

  BufferRef(const BufferRef& other) : BufferRef(share(other.buffer_)) {}

  BufferRef(BufferRef&& other) noexcept : buffer_(std::exchange(other.buffer_, nullptr)) {}

  BufferRef& operator=(BufferRef other) noexcept {
    std::swap(buffer_, other.buffer_);
    return *this;
  }

  ~BufferRef() {
    if (buffer_ != nullptr) buffer_->release();
  }

  // The block, which lives as long as this reference at least. Null if there is none.
  [[nodiscard]] Buffer* get() const { return buffer_; }

  Buffer* operator->() const { return buffer_; }

  explicit operator bool() const { return buffer_ != nullptr; }

 private:
  Buffer* buffer_ = nullptr;
};

}  // namespace gannet
