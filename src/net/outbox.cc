#include "net/outbox.h"

#include "base/assert.h"

#include <algorithm>

#include <sys/uio.h>

// Segments name stretches of bytes in the order in which they leave. Small output is copied into
// the open chunk and lengthens the tail segment; a shared buffer interrupts that stretch with a
// segment of its own, after which the same chunk goes on under a new segment. A chunk is given back
// with the last segment that names it.
namespace gannet::net {

void Outbox::pushSegment(Segment* segment) {
  segment->next = nullptr;
  (tail_ == nullptr ? head_ : tail_->next) = segment;
  tail_ = segment;
}

// While a chunk is open, the tail names its last stretch.
void Outbox::closeChunk() {
  if (open_chunk_ == nullptr) return;
  tail_->chunk = open_chunk_;
  tail_->chunk_class = open_class_;
  open_chunk_ = nullptr;
}

void Outbox::openChunk(std::size_t size) {
  GANNET_ASSERT(size <= kMaxReserve);
  closeChunk();
  while (ChunkPool::kSizes[next_class_] < size)
    ++next_class_;
  open_class_ = next_class_;
  open_chunk_ = pool_->takeChunk(open_class_);
  cursor_ = open_chunk_;
  limit_ = open_chunk_ + ChunkPool::kSizes[open_class_];
  if (next_class_ + 1U < ChunkPool::kSizes.size()) ++next_class_;
  Segment* const segment = pool_->takeSegment();
  segment->data = cursor_;
  pushSegment(segment);
}

void Outbox::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto room = static_cast<std::size_t>(limit_ - cursor_);
    const std::size_t piece = std::min(bytes.size(), room > 0 ? room : kMaxReserve);
    char* const to = reserve(piece);
    std::memcpy(to, bytes.data(), piece);
    commit(to + piece);
    bytes.remove_prefix(piece);
  }
}

void Outbox::appendShared(Buffer& owner, std::string_view bytes) {
  Segment* const segment = pool_->takeSegment();
  segment->data = const_cast<char*>(bytes.data());
  segment->size = static_cast<std::uint32_t>(bytes.size());
  segment->shared = BufferRef::share(&owner);
  has_small_parts_ = has_small_parts_ || isSmallPart(owner, bytes);
  pushSegment(segment);
  pending_ += bytes.size();
  if (open_chunk_ == nullptr) return;
  Segment* const rest = pool_->takeSegment();
  rest->data = cursor_;
  pushSegment(rest);
}

int Outbox::gather(iovec* into, int max) const {
  int count = 0;
  for (const Segment* segment = head_; segment != nullptr && count < max; segment = segment->next) {
    if (segment->size == 0) continue;
    into[count].iov_base = segment->data;
    into[count].iov_len = segment->size;
    ++count;
  }
  return count;
}

void Outbox::consume(std::size_t size) {
  pending_ -= size;
  burst_ += size;
  if (pending_ == 0) {
    clear();
    return;
  }
  while (size > 0) {
    Segment& segment = *head_;
    if (segment.size > size) {
      segment.size -= static_cast<std::uint32_t>(size);
      segment.data += size;
      return;
    }
    size -= segment.size;
    head_ = segment.next;
    pool_->giveSegment(&segment);
  }
}

void Outbox::detach() {
  if (!has_small_parts_) return;
  has_small_parts_ = false;
  for (Segment* segment = head_; segment != nullptr; segment = segment->next) {
    const std::string_view bytes(segment->data, segment->size);
    if (!segment->shared || !isSmallPart(*segment->shared.get(), bytes)) continue;
    BufferRef own = BufferRef::adopt(Buffer::create(bytes.size()));
    std::memcpy(own->data(), bytes.data(), bytes.size());
    segment->shared = std::move(own);
    segment->data = segment->shared->data();
  }
}

void Outbox::clear() {
  while (head_ != nullptr) {
    Segment* const segment = head_;
    head_ = segment->next;
    pool_->giveSegment(segment);
  }
  tail_ = nullptr;
  if (open_chunk_ != nullptr) pool_->giveChunk(open_chunk_, open_class_);
  open_chunk_ = cursor_ = limit_ = nullptr;
  pending_ = 0;
  has_small_parts_ = false;
  // The next burst starts with a chunk that fits this one.
  next_class_ = burst_ > ChunkPool::kSizes[1] ? 2 : burst_ > ChunkPool::kSizes[0] ? 1 : 0;
  burst_ = 0;
}

void Outbox::moveTo(ChunkPool& pool) {
  GANNET_ASSERT(isEmpty() && open_chunk_ == nullptr);
  pool_ = &pool;
}

std::size_t Outbox::segmentCount() const {
  std::size_t count = 0;
  for (const Segment* segment = head_; segment != nullptr; segment = segment->next)
    ++count;
  return count;
}

}  // namespace gannet::net
