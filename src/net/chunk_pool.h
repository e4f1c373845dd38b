#pragma once

#include "base/bytes/buffer.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace gannet::net {

// A piece of output, in the order in which it leaves.
struct Segment {
  Segment* next;
  char* data;
  std::uint32_t size;
  std::uint8_t chunk_class;  // of `chunk`
  char* chunk;               // storage to give back with this segment; null if others still use it
  BufferRef shared;          // what `data` points into, if it is not a chunk
};

// The output storage of one shard: chunks of three sizes and the segments that name parts of them.
// What is given back is kept for the next taker, up to a bound, so that a busy path allocates
// nothing.
//
// Threads  One shard.
class ChunkPool {
 public:
  static constexpr std::array<std::size_t, 3> kSizes = {512, 4096, 65536};

  ChunkPool() = default;
  ChunkPool(const ChunkPool&) = delete;
  ChunkPool& operator=(const ChunkPool&) = delete;
  ~ChunkPool();

  char* takeChunk(std::uint8_t chunk_class);
  void giveChunk(char* chunk, std::uint8_t chunk_class);

  Segment* takeSegment();

  // Also gives back the segment's chunk and its shared buffer.
  void giveSegment(Segment* segment);

  // Bytes of chunks taken and not given back.
  [[nodiscard]] std::size_t bytesInUse() const { return bytes_in_use_; }

  // Frees what is kept for later.
  void trim();

 private:
  struct Free {
    Free* next;
  };

  std::array<Free*, kSizes.size()> free_chunks_{};
  std::array<std::size_t, kSizes.size()> free_count_{};
  Segment* free_segments_ = nullptr;
  std::size_t free_segment_count_ = 0;
  std::size_t bytes_in_use_ = 0;
};

}  // namespace gannet::net
