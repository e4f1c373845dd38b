#include "base/bytes/spare_buffers.h"

#include "base/bytes/buffer.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace gannet {
namespace {

constexpr std::size_t kMiB = std::size_t{1024} * 1024;
constexpr std::int64_t kMostBytes = 16 * kMiB;

// The process has one set of them, which other tests fill too.
class SpareBuffersTest : public testing::Test {
 protected:
  void SetUp() override {
    spareBuffers().free();
    live_before_ = Buffer::liveBytes();
  }

  void TearDown() override {
    spareBuffers().free();
    EXPECT_EQ(spareBuffers().bytes(), 0);
    EXPECT_EQ(Buffer::liveBytes(), live_before_);
  }

 private:
  std::int64_t live_before_ = 0;
};

BufferRef make(std::size_t capacity) {
  return BufferRef::adopt(Buffer::create(capacity));
}

// Has `count` of them at once, and drops them.
void dropMany(std::size_t count, std::size_t capacity) {
  std::vector<BufferRef> many;
  many.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    many.push_back(make(capacity));
}

TEST_F(SpareBuffersTest, AreTakenAgain) {
  const Buffer* const first = make(kMiB).get();
  EXPECT_EQ(spareBuffers().bytes(), static_cast<std::int64_t>(kMiB));
  const std::uint64_t taken = spareBuffers().taken();
  const BufferRef again = make(kMiB - 100);
  EXPECT_EQ(again.get(), first);
  EXPECT_TRUE(again->isSole());
  EXPECT_EQ(again->capacity(), kMiB);
  EXPECT_EQ(spareBuffers().bytes(), 0);
  EXPECT_EQ(spareBuffers().taken(), taken + 1);
}

TEST_F(SpareBuffersTest, AreNotTakenForMoreNorForLessThanHalf) {
  make(kMiB);
  for (const std::size_t size : {kMiB + 1, 2 * kMiB, kMiB / 2 - 1, kMiB / 8, std::size_t{100}}) {
    EXPECT_EQ(make(size)->capacity(), size);
  }
  EXPECT_EQ(make(kMiB / 2)->capacity(), kMiB);  // as the spare of its own size would have been
}

TEST_F(SpareBuffersTest, AreTakenWithAllTheirBytes) {
  make(kMiB);
  const BufferRef again = make(kMiB / 2 + 1);
  for (std::size_t i = 0; i < again->capacity(); ++i)
    again->data()[i] = 'x';
  EXPECT_EQ(again->data()[again->capacity() - 1], 'x');
}

TEST_F(SpareBuffersTest, AreNeitherSmallNorHuge) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kMiB / 16 - 1, 16 * kMiB}) {
    make(size);
    EXPECT_EQ(spareBuffers().bytes(), 0) << size;
  }
  for (const std::size_t size : {kMiB / 16, 16 * kMiB - 1}) {
    make(size);
    EXPECT_EQ(spareBuffers().bytes(), static_cast<std::int64_t>(size));
    spareBuffers().free();
  }
}

TEST_F(SpareBuffersTest, AreFewAndCounted) {
  const std::int64_t before = Buffer::liveBytes();
  dropMany(10, 4 * kMiB);
  EXPECT_EQ(spareBuffers().bytes(), kMostBytes);
  EXPECT_EQ(Buffer::liveBytes() - before, kMostBytes);
}

TEST_F(SpareBuffersTest, OfOneSizeLeaveRoomForOthers) {
  dropMany(100, kMiB / 16);
  EXPECT_EQ(spareBuffers().bytes(), static_cast<std::int64_t>(kMiB));
  const Buffer* const large = make(kMiB).get();
  EXPECT_EQ(make(kMiB).get(), large);
}

TEST_F(SpareBuffersTest, AreFoundBehindUnsuitableOnes) {
  dropMany(3, kMiB + 10);
  dropMany(1, kMiB + 20);
  EXPECT_EQ(make(kMiB + 15)->capacity(), kMiB + 20);
  EXPECT_EQ(spareBuffers().bytes(), static_cast<std::int64_t>(4 * kMiB + 50));
}

// Nobody else writes to it meanwhile.
void useOne(std::size_t capacity, char mark) {
  const BufferRef mine = make(capacity);
  mine->data()[0] = mark;
  mine->data()[capacity - 1] = mark;
  EXPECT_TRUE(mine->isSole());
  EXPECT_EQ(mine->data()[0], mark);
}

TEST_F(SpareBuffersTest, GoFromThreadToThread) {  // TSan finds one that two have
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (std::size_t i = 1; i <= 4; ++i) {
    threads.emplace_back([i] {
      for (int round = 0; round < 2000; ++round) {
        useOne(kMiB / 16 * i, static_cast<char>(i));
        if (round % 100 == 0) spareBuffers().free();
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
}

}  // namespace
}  // namespace gannet
