#include "net/chunk_pool.h"

#include <new>
#include <utility>

namespace gannet::net {
namespace {

// Kept for later: enough for the output of a busy turn, and 4 MiB at most.
constexpr std::array<std::size_t, 3> kKeep = {256, 64, 56};
constexpr std::size_t kKeepSegments = 4096;

}  // namespace

ChunkPool::~ChunkPool() {
  trim();
}

char* ChunkPool::takeChunk(std::uint8_t chunk_class) {
  bytes_in_use_ += kSizes[chunk_class];
  Free* const free = free_chunks_[chunk_class];
  if (free == nullptr) return static_cast<char*>(::operator new(kSizes[chunk_class]));
  free_chunks_[chunk_class] = free->next;
  --free_count_[chunk_class];
  return reinterpret_cast<char*>(free);
}

void ChunkPool::giveChunk(char* chunk, std::uint8_t chunk_class) {
  bytes_in_use_ -= kSizes[chunk_class];
  if (free_count_[chunk_class] == kKeep[chunk_class]) {
    ::operator delete(chunk);
    return;
  }
  ++free_count_[chunk_class];
  free_chunks_[chunk_class] = new (chunk) Free{free_chunks_[chunk_class]};
}

Segment* ChunkPool::takeSegment() {
  if (free_segments_ == nullptr) return new Segment{};
  Segment* const segment = std::exchange(free_segments_, free_segments_->next);
  --free_segment_count_;
  *segment = Segment{};
  return segment;
}

void ChunkPool::giveSegment(Segment* segment) {
  if (segment->chunk != nullptr) giveChunk(segment->chunk, segment->chunk_class);
  segment->shared = BufferRef();
  if (free_segment_count_ == kKeepSegments) {
    delete segment;
    return;
  }
  ++free_segment_count_;
  segment->next = std::exchange(free_segments_, segment);
}

void ChunkPool::trim() {
  for (std::size_t i = 0; i < kSizes.size(); ++i) {
    while (free_chunks_[i] != nullptr) {
      ::operator delete(std::exchange(free_chunks_[i], free_chunks_[i]->next));
    }
    free_count_[i] = 0;
  }
  while (free_segments_ != nullptr)
    delete std::exchange(free_segments_, free_segments_->next);
  free_segment_count_ = 0;
}

}  // namespace gannet::net
