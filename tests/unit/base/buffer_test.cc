#include "base/buffer.h"

#include <gtest/gtest.h>

#include <cstring>
#include <thread>
#include <utility>
#include <vector>

namespace gannet {
namespace {

TEST(Buffer, IsFreedWithItsLastReference) {  // ASan finds a leak and a second free
  BufferRef first = BufferRef::adopt(Buffer::create(100));
  std::memset(first->data(), 0x5a, first->capacity());
  EXPECT_EQ(first->capacity(), 100U);
  EXPECT_TRUE(first->isSole());

  BufferRef second = first;
  EXPECT_FALSE(first->isSole());
  EXPECT_EQ(second.get(), first.get());
  first = BufferRef();
  EXPECT_FALSE(first);
  EXPECT_TRUE(second->isSole());
  EXPECT_EQ(second->data()[99], 0x5a);
}

TEST(Buffer, ReferencesMoveWithoutCounting) {
  BufferRef first = BufferRef::adopt(Buffer::create(0));
  BufferRef second = std::move(first);
  EXPECT_TRUE(second->isSole());
  // NOLINTNEXTLINE(bugprone-use-after-move): what a move leaves is promised
  EXPECT_EQ(first.get(), nullptr);

  BufferRef& same = second;
  second = same;
  EXPECT_TRUE(second->isSole());
}

TEST(Buffer, SharesANullAsNone) {
  const BufferRef none = BufferRef::share(nullptr);
  EXPECT_FALSE(none);
  const BufferRef copy = none;  // NOLINT(performance-unnecessary-copy-initialization): is the test
  EXPECT_FALSE(copy);
}

TEST(Buffer, CountsReferencesOfSeveralThreads) {  // TSan finds an unordered free
  constexpr int kThreads = 4;
  constexpr int kRounds = 20000;
  BufferRef buffer = BufferRef::adopt(Buffer::create(8));
  std::memset(buffer->data(), 7, buffer->capacity());
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([mine = buffer] {
      for (int round = 0; round < kRounds; ++round) {
        EXPECT_EQ(BufferRef(mine)->data()[round % 8], 7);
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  threads.clear();
  EXPECT_TRUE(buffer->isSole());
  buffer->data()[0] = 1;  // sole owners may write
}

constexpr std::size_t kLarge = std::size_t{1024} * 1024;

class SpareBuffers : public testing::Test {
 protected:
  void SetUp() override { Buffer::freeSpare(); }

  void TearDown() override { Buffer::freeSpare(); }
};

// Makes one, drops it, and tells where it lay.
const Buffer* makeSpare(std::size_t capacity) {
  Buffer* const block = Buffer::create(capacity);
  block->release();
  return block;
}

TEST_F(SpareBuffers, AreTakenAgain) {
  const Buffer* const first = makeSpare(kLarge);
  EXPECT_TRUE(Buffer::hasSpare());
  const BufferRef again = BufferRef::adopt(Buffer::create(kLarge - 100));
  EXPECT_EQ(again.get(), first);
  EXPECT_TRUE(again->isSole());
  EXPECT_EQ(again->capacity(), kLarge);
  EXPECT_FALSE(Buffer::hasSpare());
}

TEST_F(SpareBuffers, AreNotTakenForMuchLessOrForMore) {
  makeSpare(kLarge);
  for (const std::size_t size : {kLarge + 1, kLarge / 2 - 1, std::size_t{100}}) {
    const BufferRef other = BufferRef::adopt(Buffer::create(size));
    EXPECT_EQ(other->capacity(), size);
  }
  EXPECT_EQ(BufferRef::adopt(Buffer::create(kLarge))->capacity(), kLarge);
}

TEST_F(SpareBuffers, AreNeitherSmallNorHuge) {
  for (const std::size_t size : {std::size_t{0}, kLarge / 16 - 1, 4 * kLarge + 1}) {
    makeSpare(size);
    EXPECT_FALSE(Buffer::hasSpare()) << size;
  }
}

TEST_F(SpareBuffers, AreFewAndCounted) {
  const std::int64_t before = Buffer::liveBytes();
  std::vector<BufferRef> many;
  many.reserve(10);
  for (int i = 0; i < 10; ++i)
    many.push_back(BufferRef::adopt(Buffer::create(4 * kLarge)));
  EXPECT_EQ(Buffer::liveBytes() - before, std::int64_t{40} * 1024 * 1024);
  many.clear();
  EXPECT_EQ(Buffer::liveBytes() - before, std::int64_t{16} * 1024 * 1024);
  Buffer::freeSpare();
  EXPECT_EQ(Buffer::liveBytes() - before, 0);
  EXPECT_FALSE(Buffer::hasSpare());
}

// Nobody else writes to it meanwhile.
void useOne(std::size_t capacity, char mark) {
  const BufferRef mine = BufferRef::adopt(Buffer::create(capacity));
  mine->data()[0] = mark;
  mine->data()[capacity - 1] = mark;
  EXPECT_TRUE(mine->isSole());
  EXPECT_EQ(mine->data()[0], mark);
}

TEST_F(SpareBuffers, AreHandedFromThreadToThread) {  // TSan finds a block that two have
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (std::size_t i = 1; i <= 4; ++i) {
    threads.emplace_back([i] {
      for (int round = 0; round < 2000; ++round) {
        useOne(kLarge / 16 * i, static_cast<char>(i));
        if (round % 100 == 0) Buffer::freeSpare();
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
}

}  // namespace
}  // namespace gannet
