#include "net/chunk_pool.h"

#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <vector>

namespace gannet::net {
namespace {

TEST(ChunkPool, CountsTheBytesThatAreOut) {
  ChunkPool pool;
  std::size_t expected = 0;
  std::vector<char*> chunks;
  for (std::uint8_t size = 0; size < ChunkPool::kSizes.size(); ++size) {
    chunks.push_back(pool.takeChunk(size));
    std::memset(chunks.back(), 0x5a, ChunkPool::kSizes[size]);  // all of it is ours
    expected += ChunkPool::kSizes[size];
    EXPECT_EQ(pool.bytesInUse(), expected);
  }
  for (std::uint8_t size = 0; size < ChunkPool::kSizes.size(); ++size) {
    pool.giveChunk(chunks[size], size);
    expected -= ChunkPool::kSizes[size];
    EXPECT_EQ(pool.bytesInUse(), expected);
  }
}

TEST(ChunkPool, GivesAReturnedChunkToTheNextTaker) {
  ChunkPool pool;
  char* const chunk = pool.takeChunk(1);
  pool.giveChunk(chunk, 1);
  char* const small = pool.takeChunk(0);
  EXPECT_NE(small, chunk);
  char* const again = pool.takeChunk(1);
  EXPECT_EQ(again, chunk);
  pool.giveChunk(again, 1);
  pool.giveChunk(small, 0);
}

// ASan tells whether each is freed exactly once, however many are kept.
TEST(ChunkPool, TakesBackMoreThanItKeeps) {
  ChunkPool pool;
  for (std::uint8_t size = 0; size < ChunkPool::kSizes.size(); ++size) {
    std::set<char*> chunks;
    for (int i = 0; i < 300; ++i)
      chunks.insert(pool.takeChunk(size));
    EXPECT_EQ(chunks.size(), 300U);
    for (char* const chunk : chunks)
      pool.giveChunk(chunk, size);
  }
  EXPECT_EQ(pool.bytesInUse(), 0U);
  pool.trim();
  pool.trim();
  char* const chunk = pool.takeChunk(2);
  pool.giveChunk(chunk, 2);
}

TEST(ChunkPool, GivesFreshSegments) {
  ChunkPool pool;
  Segment* segment = pool.takeSegment();
  segment->size = 7;
  segment->chunk_class = 1;
  segment->chunk = pool.takeChunk(1);
  segment->data = segment->chunk;
  pool.giveSegment(segment);
  EXPECT_EQ(pool.bytesInUse(), 0U);

  segment = pool.takeSegment();
  EXPECT_EQ(segment->size, 0U);
  EXPECT_EQ(segment->chunk, nullptr);
  EXPECT_EQ(segment->data, nullptr);
  pool.giveSegment(segment);
}

TEST(ChunkPool, DropsTheReferenceOfAReturnedSegment) {
  ChunkPool pool;
  const BufferRef buffer = BufferRef::adopt(Buffer::create(16));
  Segment* const segment = pool.takeSegment();
  segment->shared = buffer;
  EXPECT_FALSE(buffer->isSole());
  pool.giveSegment(segment);

  EXPECT_TRUE(buffer->isSole());
}

}  // namespace
}  // namespace gannet::net
