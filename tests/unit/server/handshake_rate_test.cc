#include "server/state/handshake_rate.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace gannet::server {
namespace {

using namespace std::chrono_literals;

constexpr MonoTime kStart{100s};

TEST(HandshakeRate, AdmitsUpToItsLimitInEachSecond) {  // config-and-cli §3.8
  HandshakeRate rate;
  for (int second = 0; second < 3; ++second) {
    int admitted = 0;
    for (int i = 0; i < 10; ++i) {
      if (rate.admit(4, kStart + second * 1s + i * 90ms)) ++admitted;
    }
    EXPECT_EQ(admitted, 4);
    EXPECT_EQ(rate.takeRefused(), 6U);
    EXPECT_EQ(rate.takeRefused(), 0U);
  }
}

TEST(HandshakeRate, LetsAllPassWithoutALimit) {
  HandshakeRate rate;
  for (int i = 0; i < 1000; ++i)
    EXPECT_TRUE(rate.admit(0, kStart));
  EXPECT_EQ(rate.takeRefused(), 0U);
}

TEST(HandshakeRate, TakesALimitThatAReloadChanged) {
  HandshakeRate rate;
  EXPECT_TRUE(rate.admit(1, kStart));
  EXPECT_FALSE(rate.admit(1, kStart));
  EXPECT_TRUE(rate.admit(5, kStart));
}

TEST(HandshakeRate, IsExactAmongThreads) {
  constexpr std::int64_t kLimit = 1000;
  HandshakeRate rate;
  ASSERT_TRUE(rate.admit(kLimit, kStart));  // the window is open before the threads meet in it
  std::atomic<int> admitted{1};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 1000; ++round) {
        if (rate.admit(kLimit, kStart)) admitted.fetch_add(1);
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  EXPECT_EQ(admitted.load(), kLimit);
  EXPECT_EQ(rate.takeRefused(), 4001U - kLimit);
}

}  // namespace
}  // namespace gannet::server
