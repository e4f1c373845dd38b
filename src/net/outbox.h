#pragma once

#include "base/bytes/buffer.h"
#include "net/chunk_pool.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

struct iovec;

namespace gannet::net {

// What waits to be written to one connection: small pieces copied into chunks that grow from 512 B
// to 64 KiB, large ones by reference. Empty, it owns nothing but itself.
//
// Threads  One shard.
// Limits   None of its own: the owner compares pending() with its limit before it appends.
class Outbox {
 public:
  // The longest stretch that reserve() gives in one piece.
  static constexpr std::size_t kMaxReserve = ChunkPool::kSizes.back();

  explicit Outbox(ChunkPool& pool) : pool_(&pool) {}

  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  ~Outbox() { clear(); }

  // Room for `size` bytes in one piece, to be filled up to the pointer given to commit(). At most
  // kMaxReserve. Nothing else may be called in between.
  char* reserve(std::size_t size) {
    if (static_cast<std::size_t>(limit_ - cursor_) < size) openChunk(size);
    return cursor_;
  }

  void commit(char* end) {
    const auto size = static_cast<std::uint32_t>(end - cursor_);
    cursor_ = end;
    tail_->size += size;
    pending_ += size;
  }

  // Copies `bytes`, whatever their number.
  void append(std::string_view bytes);

  // Adds `bytes`, which lie in `owner`, without a copy.
  void appendShared(Buffer& owner, std::string_view bytes);

  [[nodiscard]] std::size_t pending() const { return pending_; }

  [[nodiscard]] bool isEmpty() const { return pending_ == 0; }

  // Fills at most `max` entries with what leaves next; returns their number.
  int gather(iovec* into, int max) const;

  // Drops the first `size` bytes: they were written.
  void consume(std::size_t size);

  // Copies what is a small part of the block that it lies in, so that output which waits does not
  // keep the bytes of others. Each piece is copied at most once.
  void detach();

  // True if appendShared() of `bytes` would make detach() copy them.
  [[nodiscard]] static bool isSmallPart(const Buffer& owner, std::string_view bytes) {
    return bytes.size() < owner.capacity() / 4;
  }

  // Drops everything.
  void clear();

  // Takes its chunks from `pool` from now on. For an empty outbox.
  void moveTo(ChunkPool& pool);

  // The number of segments, for the reference's "chunks" in slow consumer lines.
  [[nodiscard]] std::size_t segmentCount() const;

 private:
  void openChunk(std::size_t size);
  void pushSegment(Segment* segment);
  void closeChunk();

  ChunkPool* pool_;
  Segment* head_ = nullptr;
  Segment* tail_ = nullptr;
  char* cursor_ = nullptr;  // where the next byte goes, in the open chunk
  char* limit_ = nullptr;
  char* open_chunk_ = nullptr;
  std::size_t pending_ = 0;
  std::size_t burst_ = 0;  // bytes written since the outbox was last empty
  bool has_small_parts_ = false;
  std::uint8_t open_class_ = 0;
  std::uint8_t next_class_ = 0;
};

}  // namespace gannet::net
