#include "net/pair_queue.h"

#include "base/task.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace gannet::net {
namespace {

TEST(PairQueue, KeepsOrderAndRefusesMoreThanItsCapacity) {
  PairQueue<int, 8> queue;
  int got = 0;
  EXPECT_FALSE(queue.pop(got));
  for (int round = 0; round < 5; ++round) {  // the ring wraps
    for (int i = 0; i < 8; ++i)
      EXPECT_TRUE(queue.push(i));
    int surplus = 99;
    EXPECT_FALSE(queue.push(surplus));
    EXPECT_EQ(surplus, 99);
    for (int i = 0; i < 8; ++i) {
      ASSERT_TRUE(queue.pop(got));
      EXPECT_EQ(got, i);
    }
    EXPECT_FALSE(queue.pop(got));
    int one = 1;  // so that the next round starts elsewhere in the ring
    EXPECT_TRUE(queue.push(one));
    EXPECT_TRUE(queue.pop(got));
  }
}

TEST(PairQueue, LeavesARefusedItemWithTheSender) {
  PairQueue<std::unique_ptr<int>, 1> queue;
  auto first = std::make_unique<int>(1);
  auto second = std::make_unique<int>(2);
  ASSERT_TRUE(queue.push(first));
  ASSERT_FALSE(queue.push(second));

  EXPECT_EQ(first, nullptr);
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(*second, 2);
}

TEST(PairQueue, HoldsNothingOfWhatWasTaken) {
  PairQueue<std::shared_ptr<int>, 4> queue;
  auto item = std::make_shared<int>(1);
  const std::weak_ptr<int> watch = item;
  ASSERT_TRUE(queue.push(item));
  std::shared_ptr<int> taken;
  ASSERT_TRUE(queue.pop(taken));
  taken.reset();

  EXPECT_TRUE(watch.expired());
}

TEST(PairQueue, CarriesTasksBetweenTwoThreadsInOrder) {
  constexpr std::uint64_t kItems = 200000;
  PairQueue<Task, 256> queue;
  std::uint64_t next = 0;  // the receiver's only
  bool is_ordered = true;
  std::thread sender([&] {
    for (std::uint64_t i = 0; i < kItems; ++i) {
      // What is captured was written by this thread and is read by the other.
      Task task([&next, &is_ordered, value = std::make_unique<std::uint64_t>(i)] {
        is_ordered = is_ordered && *value == next;
        ++next;
      });
      while (!queue.push(task))
        std::this_thread::yield();
    }
  });
  Task task;
  while (next < kItems) {
    if (queue.pop(task)) {
      task();
    } else {
      std::this_thread::yield();
    }
  }
  sender.join();

  EXPECT_TRUE(is_ordered);
  EXPECT_FALSE(queue.pop(task));
}

TEST(PairQueue, KnowsItsSize) {
  PairQueue<int, 2> queue;
  std::vector<std::size_t> sizes;
  int item = 7;
  for (int round = 0; round < 3; ++round) {  // more than it holds: it wraps around
    sizes.push_back(queue.size());
    queue.push(item);
    sizes.push_back(queue.size());
    queue.push(item);
    sizes.push_back(queue.size());
    queue.pop(item);
    queue.pop(item);
  }

  EXPECT_EQ(sizes, (std::vector<std::size_t>{0, 1, 2, 0, 1, 2, 0, 1, 2}));
  EXPECT_TRUE(queue.isEmpty());
}

}  // namespace
}  // namespace gannet::net
