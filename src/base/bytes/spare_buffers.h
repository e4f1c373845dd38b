#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace gannet {

class Buffer;

// Large buffers that nobody refers to, for whoever needs the next one: to get pages from the system
// costs more than to fill them, and the heap keeps none.
//
// Threads  Any.
// Limits   16 MiB together, each from 64 KiB to below 16 MiB, and so many of a size.
// Cost     No lock; a look at the places of two sizes at most.
class SpareBuffers {
 public:
  SpareBuffers() = default;
  SpareBuffers(const SpareBuffers&) = delete;
  SpareBuffers& operator=(const SpareBuffers&) = delete;

  ~SpareBuffers() { free(); }

  // One with room for `capacity` bytes, and for twice as many at most; its count is 0. Null if
  // there is none.
  Buffer* take(std::size_t capacity);

  // Takes over `buffer`, whose count is 0. False if it is of no such size, or enough are here.
  bool keep(Buffer* buffer);

  // Frees all.
  void free();

  [[nodiscard]] std::int64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

  // How often take() found one.
  [[nodiscard]] std::uint64_t taken() const { return taken_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::size_t kClasses = 8;  // by powers of two
  static constexpr std::size_t kPlaces = 16;  // of each
  using Place = std::atomic<Buffer*>;

  Buffer* takeFrom(Place& place);
  Buffer* takeOf(std::size_t size_class, std::size_t capacity);

  std::array<std::array<Place, kPlaces>, kClasses> places_{};
  std::atomic<std::int64_t> bytes_{0};
  std::atomic<std::uint64_t> taken_{0};
};

// Those of the process.
SpareBuffers& spareBuffers();

}  // namespace gannet
