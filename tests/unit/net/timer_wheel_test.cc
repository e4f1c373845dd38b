#include "net/timer_wheel.h"

#include "tests/unit/seeds.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

namespace gannet::net {
namespace {

using namespace std::chrono_literals;

constexpr auto kTick = 1ms;
constexpr auto kCoarse = 125ms;  // how late a timer of more than a second may be
constexpr MonoTime kStart{1000s};

// A timer that notes how often it fired, and may do something then.
struct Bell {
  Timer timer;
  int rung = 0;
  std::function<void()> then;

  void arm(TimerWheel& wheel, MonoTime now, std::chrono::nanoseconds delay) {
    wheel.arm(timer, now, delay, &Bell::ring, this);
  }

  static void ring(void* self) {
    auto& bell = *static_cast<Bell*>(self);
    ++bell.rung;
    if (bell.then) bell.then();
  }
};

TEST(TimerWheel, TakesATimerOverFromAnotherWheel) {
  TimerWheel left(kStart);
  TimerWheel right(kStart + 777ms);
  Bell bell;
  bell.arm(left, kStart + 1s, 500ms);
  right.takeOver(bell.timer, kStart + 1200ms);
  EXPECT_EQ(left.size(), 0U);
  EXPECT_EQ(right.size(), 1U);

  left.advance(kStart + 1min);
  right.advance(kStart + 1500ms - 1ns);
  EXPECT_EQ(bell.rung, 0);
  right.advance(kStart + 1500ms + 3 * kTick);
  EXPECT_EQ(bell.rung, 1);
}

TEST(TimerWheel, TakesOverATimerThatIsDue) {
  TimerWheel left(kStart);
  TimerWheel right(kStart);
  Bell bell;
  bell.arm(left, kStart, 5ms);
  right.advance(kStart + 10s);
  right.takeOver(bell.timer, kStart + 10s);
  right.advance(kStart + 10s + 2 * kTick);
  EXPECT_EQ(bell.rung, 1);
}

TEST(TimerWheel, TakesOverNothingThatIsNotArmed) {
  TimerWheel wheel(kStart);
  Bell bell;
  wheel.takeOver(bell.timer, kStart);
  EXPECT_FALSE(bell.timer.isArmed());
  EXPECT_EQ(wheel.size(), 0U);
}

TEST(TimerWheel, FiresOnceAndNeverEarly) {
  for (const std::chrono::nanoseconds delay :
       {std::chrono::nanoseconds(0), std::chrono::nanoseconds(1), std::chrono::nanoseconds(4999999),
        std::chrono::nanoseconds(5ms), std::chrono::nanoseconds(7ms), std::chrono::nanoseconds(1s),
        std::chrono::nanoseconds(1001ms), std::chrono::nanoseconds(20s),
        std::chrono::nanoseconds(2min), std::chrono::nanoseconds(24h)}) {
    SCOPED_TRACE(delay.count());
    TimerWheel wheel(kStart);
    Bell bell;
    const MonoTime armed = kStart + 3ms;
    bell.arm(wheel, armed, delay);

    wheel.advance(armed + delay - 1ns);
    EXPECT_EQ(bell.rung, 0);
    EXPECT_TRUE(bell.timer.isArmed());
    wheel.advance(armed + delay + kTick + (delay > 1s ? kCoarse : 0ms));
    EXPECT_EQ(bell.rung, 1);
    EXPECT_FALSE(bell.timer.isArmed());
    wheel.advance(armed + delay + 1h);
    EXPECT_EQ(bell.rung, 1);
    EXPECT_EQ(wheel.size(), 0U);
  }
}

TEST(TimerWheel, SharesWakeUpsBetweenLongTimers) {
  TimerWheel wheel(kStart);
  std::vector<Bell> bells(100);
  for (std::size_t i = 0; i < bells.size(); ++i) {
    bells[i].arm(wheel, kStart + i * 1ms, 120s);
  }
  int looks = 0;
  for (auto look = wheel.nextLook(); look && *look < kStart + 130s; look = wheel.nextLook()) {
    const bool is_first_rotation = *look < kStart + 119s;
    wheel.advance(*look);
    looks += is_first_rotation ? 0 : 1;
  }
  EXPECT_EQ(wheel.size(), 0U);
  EXPECT_LE(looks, 2);
}

TEST(TimerWheel, ForgetsACancelledOrDestroyedTimer) {
  TimerWheel wheel(kStart);
  Bell cancelled;
  cancelled.arm(wheel, kStart, 10ms);
  auto destroyed = std::make_unique<Bell>();
  destroyed->arm(wheel, kStart, 10ms);
  Bell kept;
  kept.arm(wheel, kStart, 10ms);

  cancelled.timer.cancel();
  cancelled.timer.cancel();
  destroyed.reset();
  EXPECT_EQ(wheel.size(), 1U);
  wheel.advance(kStart + 1s);

  EXPECT_EQ(cancelled.rung, 0);
  EXPECT_EQ(kept.rung, 1);
}

TEST(TimerWheel, MovesAnArmedTimer) {
  TimerWheel wheel(kStart);
  Bell bell;
  bell.arm(wheel, kStart, 10ms);
  bell.arm(wheel, kStart, 500ms);
  EXPECT_EQ(wheel.size(), 1U);

  wheel.advance(kStart + 400ms);
  EXPECT_EQ(bell.rung, 0);
  wheel.advance(kStart + 600ms);
  EXPECT_EQ(bell.rung, 1);
}

TEST(TimerWheel, LetsACallbackArmItsOwnTimerAgain) {
  TimerWheel wheel(kStart);
  MonoTime now = kStart;
  Bell bell;
  bell.then = [&] { bell.arm(wheel, now, 10ms); };
  bell.arm(wheel, now, 10ms);
  for (int step = 0; step < 200; ++step) {
    now += 5ms;
    wheel.advance(now);
  }
  // Each round takes 10 ms and at most one tick more.
  EXPECT_GE(bell.rung, 1000 / 15 - 1);
  EXPECT_LE(bell.rung, 1000 / 10);
}

TEST(TimerWheel, LetsACallbackArmAWholeRevolutionAhead) {
  TimerWheel wheel(kStart);
  Bell bell;
  bell.then = [&] { bell.arm(wheel, kStart + 10ms, 8192ms); };  // the very slot that fires
  bell.arm(wheel, kStart, 5ms);
  wheel.advance(kStart + 10ms);
  ASSERT_EQ(bell.rung, 1);

  bell.then = nullptr;
  wheel.advance(kStart + 8s);
  EXPECT_EQ(bell.rung, 1);
  wheel.advance(kStart + 9s);
  EXPECT_EQ(bell.rung, 2);
}

TEST(TimerWheel, LetsACallbackCancelAndDestroyOthersOfTheSameTick) {
  for (int order = 0; order < 2; ++order) {
    TimerWheel wheel(kStart);
    Bell first;
    Bell second;
    auto third = std::make_unique<Bell>();
    const auto end = [&](Bell& other) {
      other.timer.cancel();
      third.reset();
    };
    first.then = [&] { end(second); };
    second.then = [&] { end(first); };
    Bell& earlier = order == 0 ? first : second;
    Bell& later = order == 0 ? second : first;
    earlier.arm(wheel, kStart, 10ms);
    third->arm(wheel, kStart, 10ms);
    later.arm(wheel, kStart, 10ms);

    wheel.advance(kStart + 20ms);
    EXPECT_EQ(first.rung + second.rung, 1);
    EXPECT_EQ(third, nullptr);
    EXPECT_EQ(wheel.size(), 0U);
  }
}

TEST(TimerWheel, FiresEverythingAfterALongSleep) {
  TimerWheel wheel(kStart);
  std::vector<Bell> bells(500);
  for (std::size_t i = 0; i < bells.size(); ++i)
    bells[i].arm(wheel, kStart, i * 777ms);
  wheel.advance(kStart + 24h);

  EXPECT_TRUE(std::all_of(bells.begin(), bells.end(), [](const Bell& b) { return b.rung == 1; }));
  EXPECT_EQ(wheel.nextLook(), std::nullopt);
}

TEST(TimerWheel, SaysWhenToLookInTimeForEveryTimer) {
  forEachSeed(100, [](Rng& rng) {
    TimerWheel wheel(kStart);
    MonoTime now = kStart;
    std::vector<Bell> bells(20);
    std::vector<MonoTime> due(bells.size());
    for (int step = 0; step < 300; ++step) {
      const std::size_t i = rng.below(static_cast<std::uint32_t>(bells.size()));
      if (rng.below(4) == 0) {
        bells[i].timer.cancel();
      } else {
        const std::chrono::nanoseconds delay = 1us * rng.below(1U << (8 + rng.below(18)));
        bells[i].rung = 0;
        bells[i].arm(wheel, now, delay);
        due[i] = now + delay;
      }
      // The loop sleeps until the wheel says, or something else wakes it.
      const auto look = wheel.nextLook();
      const MonoTime other = now + 1us * rng.below(100000);
      now = look ? std::min(std::max(*look, now), other) : other;
      wheel.advance(now);
      for (std::size_t j = 0; j < bells.size(); ++j) {
        if (bells[j].rung > 0) {
          ASSERT_LE(due[j], now);
          ASSERT_EQ(bells[j].rung, 1);
        } else if (bells[j].timer.isArmed()) {
          ASSERT_GT(due[j] + kTick + kCoarse, now) << "overdue";
        }
      }
      const auto armed = std::count_if(bells.begin(), bells.end(),
                                       [](const Bell& bell) { return bell.timer.isArmed(); });
      ASSERT_EQ(wheel.size(), static_cast<std::size_t>(armed));
    }
  });
}

}  // namespace
}  // namespace gannet::net
