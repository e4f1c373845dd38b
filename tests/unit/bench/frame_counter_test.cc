#include "bench/client/frame_counter.h"

#include "base/rng.h"
#include "bench/client/wire.h"
#include "tests/unit/seeds.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace gannet::bench {
namespace {

std::string message(std::size_t size) {
  return "MSG bench 1 " + std::to_string(size) + "\r\n" + std::string(size, 'x') + "\r\n";
}

// What a connection would do: pieces of `stream`, the unused rest of one before the next.
class Feeder {
 public:
  explicit Feeder(std::size_t size) : counter(messageFrameSize("bench", "1", size)) {}

  void feed(std::string_view piece) {
    rest_ += piece;
    rest_.erase(0, counter.consume(rest_));
  }

  [[nodiscard]] const std::string& rest() const { return rest_; }

  FrameCounter counter;

 private:
  std::string rest_;
};

TEST(FrameCounter, CountsTheSameHoweverTheBytesAreSplit) {
  for (const std::size_t size : {0U, 1U, 5U, 128U}) {
    const std::string stream = message(size) + "PING\r\n" + message(size) + message(size) +
                               "PONG\r\nINFO {\"MSG \":1} \r\nPING\r\n" + message(size);
    for (std::size_t first = 0; first <= stream.size(); ++first) {
      for (std::size_t second = first; second <= stream.size(); ++second) {
        Feeder feeder(size);
        feeder.feed(std::string_view(stream).substr(0, first));
        feeder.feed(std::string_view(stream).substr(first, second - first));
        feeder.feed(std::string_view(stream).substr(second));

        ASSERT_EQ(feeder.counter.messages(), 4U) << size << " " << first << " " << second;
        ASSERT_EQ(feeder.counter.pings(), 2U);
        ASSERT_EQ(feeder.counter.pongs(), 1U);
        ASSERT_EQ(feeder.counter.error(), "");
        ASSERT_EQ(feeder.rest(), "");
      }
    }
  }
}

TEST(FrameCounter, CountsByteByByte) {
  const std::string stream = message(3) + "PING\r\n" + message(3);
  Feeder feeder(3);
  for (const char byte : stream)
    feeder.feed({&byte, 1});

  EXPECT_EQ(feeder.counter.messages(), 2U);
  EXPECT_EQ(feeder.counter.pings(), 1U);
}

TEST(FrameCounter, CountsAMessageOnlyWhenItIsWhole) {
  const std::string stream = message(10);
  Feeder feeder(10);
  feeder.feed(std::string_view(stream).substr(0, stream.size() - 1));
  EXPECT_EQ(feeder.counter.messages(), 0U);

  feeder.feed("\n");
  EXPECT_EQ(feeder.counter.messages(), 1U);
}

TEST(FrameCounter, FindsLinesBetweenThousandsOfMessagesInOneBuffer) {
  forEachSeed(50, [](Rng& rng) {
    const std::size_t size = rng.below(200);
    std::string stream;
    std::uint64_t messages = 0;
    std::uint64_t pings = 0;
    for (int run = 0; run < 5; ++run) {
      for (std::uint64_t count = rng.below(400); count > 0; --count, ++messages) {
        stream += message(size);
      }
      stream += kPing;
      ++pings;
    }
    Feeder feeder(size);
    while (!stream.empty()) {
      const std::size_t piece = std::min<std::size_t>(1 + rng.below(50'000), stream.size());
      feeder.feed(std::string_view(stream).substr(0, piece));
      stream.erase(0, piece);
    }

    EXPECT_EQ(feeder.counter.messages(), messages);
    EXPECT_EQ(feeder.counter.pings(), pings);
  });
}

TEST(FrameCounter, LetsTheRestOfAMessageBeSkipped) {
  const std::string stream = message(100);
  Feeder feeder(100);
  feeder.feed(std::string_view(stream).substr(0, 20));
  const std::size_t missing = feeder.counter.missing();
  EXPECT_EQ(missing, stream.size() - 20);

  feeder.counter.skip(missing - 1);
  EXPECT_EQ(feeder.counter.messages(), 0U);
  feeder.counter.skip(1);
  EXPECT_EQ(feeder.counter.messages(), 1U);
  feeder.feed(stream);
  EXPECT_EQ(feeder.counter.messages(), 2U);
}

TEST(FrameCounter, KeepsWhatTheServerSaidBeforeItClosed) {
  Feeder feeder(0);
  feeder.feed(message(0) + "-ERR 'Slow Consumer'\r\n");

  EXPECT_EQ(feeder.counter.error(), "'Slow Consumer'");
  EXPECT_EQ(feeder.counter.messages(), 1U);
}

TEST(FrameCounter, TakesAMessageOfAnotherLengthForAnError) {
  for (const std::size_t wrong : {1U, 7U, 9U}) {
    Feeder feeder(8);
    feeder.feed(message(8) + message(wrong) + message(8) + message(8));

    EXPECT_NE(feeder.counter.error(), "") << wrong;
  }
}

}  // namespace
}  // namespace gannet::bench
