#include "net/outbox.h"

#include "base/bytes/spare_buffers.h"
#include "tests/unit/seeds.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include <sys/uio.h>

namespace gannet::net {
namespace {

constexpr std::size_t kSmall = ChunkPool::kSizes[0];
constexpr std::size_t kMiddle = ChunkPool::kSizes[1];
constexpr std::size_t kLarge = ChunkPool::kSizes[2];

// What one writev of at most `max` pieces would be offered.
std::string offered(const Outbox& outbox, int max = 1024) {
  std::vector<iovec> pieces(static_cast<std::size_t>(max));
  const int count = outbox.gather(pieces.data(), max);
  std::string text;
  for (int i = 0; i < count; ++i) {
    EXPECT_GT(pieces[static_cast<std::size_t>(i)].iov_len, 0U);
    text.append(static_cast<const char*>(pieces[static_cast<std::size_t>(i)].iov_base),
                pieces[static_cast<std::size_t>(i)].iov_len);
  }
  return text;
}

void reserveAndCommit(Outbox& outbox, std::string_view bytes) {
  char* const to = outbox.reserve(bytes.size() + 32);  // some slack, as deliveries ask for
  std::copy(bytes.begin(), bytes.end(), to);
  outbox.commit(to + bytes.size());
}

// As large as `bytes`: no spare one, which may be larger, takes its place.
BufferRef bufferOf(std::string_view bytes) {
  spareBuffers().free();
  BufferRef buffer = BufferRef::adopt(Buffer::create(bytes.size()));
  std::copy(bytes.begin(), bytes.end(), buffer->data());
  return buffer;
}

void appendShared(Outbox& outbox, const BufferRef& buffer) {
  outbox.appendShared(*buffer.get(), {buffer->data(), buffer->capacity()});
}

std::string patterned(std::size_t size, std::size_t seed = 0) {
  std::string text(size, ' ');
  for (std::size_t i = 0; i < size; ++i)
    text[i] = static_cast<char>('!' + (i * 7 + seed) % 90);
  return text;
}

TEST(Outbox, OwnsNothingWhileItIsEmpty) {
  ChunkPool pool;
  Outbox outbox(pool);
  EXPECT_TRUE(outbox.isEmpty());
  EXPECT_EQ(outbox.segmentCount(), 0U);
  EXPECT_EQ(offered(outbox), "");

  outbox.append("");
  EXPECT_EQ(pool.bytesInUse(), 0U);
  outbox.append("PONG\r\n");
  EXPECT_EQ(pool.bytesInUse(), kSmall);
  EXPECT_EQ(outbox.pending(), 6U);
  outbox.consume(6);
  EXPECT_EQ(pool.bytesInUse(), 0U);
  EXPECT_EQ(outbox.segmentCount(), 0U);
}

TEST(Outbox, GrowsByItsChunksAndShrinksToNothing) {
  ChunkPool pool;
  Outbox outbox(pool);
  const std::string piece(64, 'x');
  std::vector<std::size_t> sizes;  // of the pool, each time it grew
  while (outbox.pending() < kSmall + kMiddle + 2 * kLarge) {
    reserveAndCommit(outbox, piece);
    if (sizes.empty() || pool.bytesInUse() != sizes.back()) sizes.push_back(pool.bytesInUse());
  }
  const std::vector<std::size_t> expected = {kSmall, kSmall + kMiddle, kSmall + kMiddle + kLarge,
                                             kSmall + kMiddle + 2 * kLarge,
                                             kSmall + kMiddle + 3 * kLarge};
  EXPECT_EQ(sizes, expected);

  // What is written goes back chunk by chunk.
  outbox.consume(kSmall);
  EXPECT_EQ(pool.bytesInUse(), expected.back() - kSmall);
  outbox.consume(outbox.pending());
  EXPECT_EQ(pool.bytesInUse(), 0U);
}

TEST(Outbox, StartsTheNextBurstWithAChunkThatFitTheLast) {
  ChunkPool pool;
  Outbox outbox(pool);
  const auto firstChunkAfter = [&](std::size_t burst) {
    outbox.append(std::string(burst, 'x'));
    outbox.consume(burst / 2);
    outbox.consume(outbox.pending());
    outbox.append("x");
    const std::size_t size = pool.bytesInUse();
    outbox.clear();
    return size;
  };
  EXPECT_EQ(firstChunkAfter(100), kSmall);
  EXPECT_EQ(firstChunkAfter(kSmall + 1), kMiddle);
  EXPECT_EQ(firstChunkAfter(kMiddle + 1), kLarge);
  EXPECT_EQ(firstChunkAfter(10 * kLarge), kLarge);
  EXPECT_EQ(firstChunkAfter(100), kSmall);
}

TEST(Outbox, OffersPiecesInTheOrderOfTheirCalls) {
  ChunkPool pool;
  Outbox outbox(pool);
  const BufferRef large = bufferOf(patterned(5000));
  outbox.append("MSG a 1 5000\r\n");
  appendShared(outbox, large);
  outbox.append("MSG b 1 0\r\n\r\n");
  reserveAndCommit(outbox, "PING\r\n");
  appendShared(outbox, large);

  const std::string all =
      "MSG a 1 5000\r\n" + patterned(5000) + "MSG b 1 0\r\n\r\nPING\r\n" + patterned(5000);
  EXPECT_EQ(offered(outbox), all);
  EXPECT_EQ(outbox.pending(), all.size());
  EXPECT_EQ(offered(outbox, 1), "MSG a 1 5000\r\n");
  EXPECT_EQ(offered(outbox, 2), "MSG a 1 5000\r\n" + patterned(5000));
}

TEST(Outbox, KeepsASharedBufferAliveUntilItIsWritten) {
  ChunkPool pool;
  Outbox outbox(pool);
  const BufferRef buffer = bufferOf("payload");
  appendShared(outbox, buffer);
  outbox.append("x");
  EXPECT_FALSE(buffer->isSole());
  outbox.consume(6);
  EXPECT_FALSE(buffer->isSole());
  outbox.consume(1);
  EXPECT_TRUE(buffer->isSole());

  appendShared(outbox, buffer);
  outbox.clear();
  EXPECT_TRUE(buffer->isSole());
  {
    Outbox other(pool);
    appendShared(other, buffer);
  }
  EXPECT_TRUE(buffer->isSole());
}

TEST(Outbox, CopiesNothingOfASharedBuffer) {
  ChunkPool pool;
  Outbox outbox(pool);
  const BufferRef buffer = bufferOf(patterned(100000));
  appendShared(outbox, buffer);
  EXPECT_EQ(pool.bytesInUse(), 0U);
  iovec piece{};
  ASSERT_EQ(outbox.gather(&piece, 1), 1);
  EXPECT_EQ(piece.iov_base, buffer->data());
}

TEST(Outbox, TakesTextsLargerThanAnyChunk) {
  ChunkPool pool;
  Outbox outbox(pool);
  const std::string text = patterned(5 * kLarge + 123);
  outbox.append("head ");
  outbox.append(text);
  EXPECT_EQ(offered(outbox), "head " + text);
  outbox.consume(outbox.pending());
  EXPECT_EQ(pool.bytesInUse(), 0U);
}

TEST(Outbox, ReservesTheLargestStretchInOnePiece) {
  ChunkPool pool;
  Outbox outbox(pool);
  outbox.append("x");
  char* const to = outbox.reserve(Outbox::kMaxReserve);
  std::fill_n(to, Outbox::kMaxReserve, 'y');
  outbox.commit(to + Outbox::kMaxReserve);
  EXPECT_EQ(offered(outbox), "x" + std::string(Outbox::kMaxReserve, 'y'));
}

// One random step of `outbox`, and the same on `expected`, which holds what is to be written.
void changeBoth(Rng& rng, Outbox& outbox, std::string& expected) {
  const std::size_t size = rng.below(1U << rng.below(17));
  const std::string bytes = patterned(size, rng.below(90));
  switch (rng.below(6)) {
    case 0: outbox.append(bytes); break;
    case 1:
    case 2:
      if (size + 32 > Outbox::kMaxReserve) return;
      reserveAndCommit(outbox, bytes);
      break;
    case 3: appendShared(outbox, bufferOf(bytes)); break;
    case 4:
      if (rng.below(50) != 0) return;
      outbox.clear();
      expected.clear();
      return;
    default: {
      // A short write: some of what up to eight pieces offered.
      const std::string piece = offered(outbox, 1 + static_cast<int>(rng.below(8)));
      ASSERT_EQ(piece, expected.substr(0, piece.size()));
      const auto written = rng.below(static_cast<std::uint32_t>(piece.size() + 1));
      if (written == 0) return;
      outbox.consume(written);
      expected.erase(0, written);
      return;
    }
  }
  expected += bytes;
}

TEST(Outbox, DetachedKeepsNoBlockForASmallPartOfIt) {
  ChunkPool pool;
  Outbox outbox(pool);
  const std::string large = patterned(kLarge);
  const BufferRef wasted = bufferOf(large);
  const BufferRef used = bufferOf(large);
  outbox.append("head");
  outbox.appendShared(*wasted.get(), {wasted->data() + 10, 100});
  appendShared(outbox, used);
  const std::string expected = offered(outbox);

  outbox.detach();

  EXPECT_TRUE(wasted->isSole());
  EXPECT_FALSE(used->isSole());
  EXPECT_EQ(offered(outbox), expected);
  EXPECT_EQ(outbox.pending(), expected.size());
  outbox.clear();
  EXPECT_TRUE(used->isSole());
}

void expectSame(const Outbox& outbox, const std::string& expected, bool reads_all) {
  ASSERT_EQ(outbox.pending(), expected.size());
  ASSERT_EQ(outbox.isEmpty(), expected.empty());
  if (reads_all) {
    ASSERT_EQ(offered(outbox, 4096), expected);
  }
}

TEST(Outbox, AgreesWithAStringHoweverItIsWritten) {
  forEachSeed(100, [](Rng& rng) {
    ChunkPool pool;
    Outbox outbox(pool);
    std::string expected;
    for (int step = 0; step < 200; ++step) {
      changeBoth(rng, outbox, expected);
      if (rng.below(20) == 0) outbox.detach();
      expectSame(outbox, expected, rng.below(10) == 0);
      if (testing::Test::HasFatalFailure()) return;
    }
    outbox.consume(outbox.pending());
    EXPECT_EQ(pool.bytesInUse(), 0U);
  });
}

TEST(Outbox, TakesItsChunksFromTheNewPoolAfterAMove) {
  ChunkPool before;
  ChunkPool after;
  Outbox outbox(before);
  outbox.append("left");
  outbox.consume(4);
  EXPECT_EQ(before.bytesInUse(), 0U);
  outbox.moveTo(after);
  outbox.append("right");
  EXPECT_EQ(before.bytesInUse(), 0U);
  EXPECT_EQ(after.bytesInUse(), kSmall);
  EXPECT_EQ(offered(outbox), "right");
}

}  // namespace
}  // namespace gannet::net
