#include "base/bytes/buffer.h"

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
  const BufferRef copy = none;
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

}  // namespace
}  // namespace gannet
