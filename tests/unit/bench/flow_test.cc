#include "bench/flow.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

namespace gannet::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr MonoTime kBegin{};
constexpr std::uint64_t kPlenty = 1'000'000;

TEST(Flow, GivesEverythingWhenNothingLimitsIt) {
  Flow flow(FlowLimits{});

  EXPECT_EQ(flow.reserve(123, kBegin), 123U);
  EXPECT_EQ(flow.published(), 123U);
  EXPECT_FALSE(flow.isOver(kBegin + seconds{1}));
}

TEST(Flow, GivesNoMoreMessagesThanThePhaseHas) {
  Flow flow(FlowLimits{.messages = 10});

  EXPECT_EQ(flow.reserve(7, kBegin), 7U);
  EXPECT_FALSE(flow.isOver(kBegin));
  EXPECT_EQ(flow.reserve(7, kBegin), 3U);
  EXPECT_EQ(flow.reserve(7, kBegin), 0U);
  EXPECT_TRUE(flow.isOver(kBegin));
}

TEST(Flow, GivesNothingOnceTheTimeIsUp) {
  Flow flow(FlowLimits{.begin = kBegin, .end = kBegin + seconds{1}});

  EXPECT_EQ(flow.reserve(1, kBegin + milliseconds{999}), 1U);
  EXPECT_FALSE(flow.isOver(kBegin + milliseconds{999}));
  EXPECT_EQ(flow.reserve(1, kBegin + seconds{1}), 0U);
  EXPECT_TRUE(flow.isOver(kBegin + seconds{1}));
}

TEST(Flow, NeverLetsMoreDeliveriesBeOnTheirWayThanTheWindow) {
  for (const std::uint64_t deliveries : {1U, 3U, 10U}) {
    Flow flow(FlowLimits{.deliveries = deliveries, .max_in_flight = 100});
    std::uint64_t arrived = 0;
    for (int step = 0; step < 200; ++step) {
      flow.reserve(1 + static_cast<std::uint64_t>(step) % 50, kBegin);
      const std::uint64_t in_flight = flow.expected() - arrived;
      ASSERT_LE(in_flight, 100U);
      ASSERT_GT(in_flight, 0U);
      const std::uint64_t some = in_flight / 2 + 1;
      arrived += some;
      flow.onDelivered(some);
    }
  }
}

TEST(Flow, WaitsUntilAQuarterOfTheWindowIsFree) {
  Flow flow(FlowLimits{.deliveries = 1, .max_in_flight = 100});
  EXPECT_EQ(flow.reserve(kPlenty, kBegin), 100U);

  flow.onDelivered(24);
  EXPECT_EQ(flow.reserve(kPlenty, kBegin), 0U);
  flow.onDelivered(1);
  EXPECT_EQ(flow.reserve(kPlenty, kBegin), 25U);
}

TEST(Flow, LetsOneMessageThroughAWindowThatIsTooSmallForIt) {
  Flow flow(FlowLimits{.deliveries = 10, .max_in_flight = 1});

  EXPECT_EQ(flow.reserve(5, kBegin), 1U);
  flow.onDelivered(9);
  EXPECT_EQ(flow.reserve(5, kBegin), 0U);
  flow.onDelivered(1);
  EXPECT_EQ(flow.reserve(5, kBegin), 1U);
}

TEST(Flow, KeepsTheRate) {
  Flow flow(FlowLimits{.begin = kBegin, .rate = 1000});

  EXPECT_EQ(flow.reserve(kPlenty, kBegin), 1U);
  EXPECT_EQ(flow.reserve(kPlenty, kBegin), 0U);
  EXPECT_EQ(flow.nextDue(), kBegin + milliseconds{1});
  EXPECT_EQ(flow.reserve(kPlenty, kBegin + milliseconds{10}), 10U);
  EXPECT_EQ(flow.nextDue(), kBegin + milliseconds{11});
}

TEST(Flow, IsCompleteWhenEveryWorkerRetiredAndEverythingArrived) {
  Flow flow(FlowLimits{.messages = 2, .deliveries = 2, .max_in_flight = 100, .workers = 2});
  flow.reserve(2, kBegin);
  EXPECT_FALSE(flow.isComplete());
  flow.onRetired();
  flow.onDelivered(4);
  EXPECT_FALSE(flow.isComplete());
  flow.onRetired();
  EXPECT_TRUE(flow.isComplete());
}

TEST(Flow, IsNotCompleteWhileADeliveryIsMissing) {
  Flow flow(FlowLimits{.messages = 2, .deliveries = 2, .max_in_flight = 100});
  flow.reserve(2, kBegin);
  flow.onRetired();
  flow.onDelivered(3);
  EXPECT_FALSE(flow.isComplete());
}

TEST(Flow, TellsHowFarItIs) {
  Flow by_time(FlowLimits{.begin = kBegin, .end = kBegin + seconds{4}});
  EXPECT_DOUBLE_EQ(by_time.progress(kBegin + seconds{1}), 0.25);

  Flow by_messages(FlowLimits{.messages = 10});
  by_messages.reserve(5, kBegin);
  EXPECT_DOUBLE_EQ(by_messages.progress(kBegin), 0.5);
}

TEST(Flow, GivesEachMessageToOneOfManyThreads) {
  constexpr std::uint64_t messages = 200'000;
  Flow flow(FlowLimits{.messages = messages});
  std::vector<std::uint64_t> taken(4);
  std::vector<std::thread> threads;
  threads.reserve(taken.size());
  for (std::uint64_t& mine : taken) {
    threads.emplace_back([&flow, &mine] {
      while (const std::uint64_t some = flow.reserve(3, kBegin))
        mine += some;
    });
  }
  for (std::thread& thread : threads)
    thread.join();

  EXPECT_EQ(taken[0] + taken[1] + taken[2] + taken[3], messages);
  EXPECT_EQ(flow.published(), messages);
}

}  // namespace
}  // namespace gannet::bench
