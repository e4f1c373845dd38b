#include "server/state/crypto_threads.h"

#include "base/clock.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <thread>
#include <vector>

namespace gannet::server {
namespace {

using namespace std::chrono_literals;

TEST(CryptoThreads, RunOneThreadsTasksInOrder) {
  std::vector<int> order;
  std::thread::id where;
  std::promise<void> done;
  CryptoThreads threads(1);
  for (int i = 0; i < 100; ++i) {
    threads.submit(Task([&, i] {
      order.push_back(i);
      where = std::this_thread::get_id();
      if (i == 99) done.set_value();
    }));
  }
  ASSERT_EQ(done.get_future().wait_for(10s), std::future_status::ready);
  ASSERT_EQ(order.size(), 100U);
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
  EXPECT_NE(where, std::this_thread::get_id());
}

TEST(CryptoThreads, FinishesTheTaskAtHandAndDropsTheOthersAtItsEnd) {
  const auto captured = std::make_shared<std::atomic<int>>(0);
  {
    std::promise<void> begun;
    std::promise<void> go_on;
    CryptoThreads threads(1);  // ends before what its tasks refer to
    threads.submit(Task([&begun, &go_on, captured] {
      begun.set_value();
      go_on.get_future().wait();
      ++*captured;
    }));
    for (int i = 0; i < 10; ++i)
      threads.submit(Task([captured] { *captured += 100; }));
    begun.get_future().wait();
    go_on.set_value();
    // The destructor may find the first task at work or done, and some others begun.
  }
  EXPECT_EQ(*captured % 100, 1);
  EXPECT_EQ(captured.use_count(), 1);
}

TEST(CryptoThreads, ComputeSideBySide) {
  std::promise<void> first;
  std::promise<void> second;
  CryptoThreads threads(2);
  threads.submit(Task([&] {
    second.get_future().wait();
    first.set_value();
  }));
  threads.submit(Task([&] { second.set_value(); }));
  EXPECT_EQ(first.get_future().wait_for(10s), std::future_status::ready);
}

TEST(CryptoThreads, FinishWhatHasBegunFirst) {
  std::promise<void> begun;
  std::promise<void> go_on;
  std::promise<void> done;
  std::vector<int> order;
  CryptoThreads threads(1);
  threads.submit(Task([&begun, &go_on] {
    begun.set_value();
    go_on.get_future().wait();
  }));
  begun.get_future().wait();
  for (int i = 0; i < 3; ++i)
    threads.submit(Task([&order, i] { order.push_back(i); }));
  for (int i = 10; i < 20; ++i)
    threads.submitAhead(Task([&order, i] { order.push_back(i); }));
  threads.submit(Task([&done] { done.set_value(); }));
  go_on.set_value();
  ASSERT_EQ(done.get_future().wait_for(10s), std::future_status::ready);
  // What is new gets a turn now and then.
  EXPECT_EQ(order, (std::vector{10, 11, 12, 13, 14, 15, 16, 17, 0, 18, 19, 1, 2}));
}

TEST(CryptoThreads, DoTheirWorkBesideThreadsThatKeepAllCoresBusy) {
  std::atomic<bool> stop{false};
  std::vector<std::thread> busy;
  for (unsigned i = 0; i < 2 * std::thread::hardware_concurrency(); ++i) {
    busy.emplace_back([&stop] {
      while (!stop.load())
        continue;
    });
  }
  constexpr int kTasks = 200;
  std::atomic<int> done{0};
  std::promise<void> all;
  {
    CryptoThreads threads(2);
    for (int i = 0; i < kTasks; ++i) {
      threads.submit(Task([&done, &all] {
        const MonoTime end = monoNow() + 200us;
        while (monoNow() < end)
          continue;
        if (++done == kTasks) all.set_value();
      }));
    }
    EXPECT_EQ(all.get_future().wait_for(10s), std::future_status::ready) << done.load();
  }
  stop.store(true);
  for (std::thread& thread : busy)
    thread.join();
}

TEST(CryptoThreads, EndsWithoutEverHavingBeenUsed) {
  const CryptoThreads threads(1);
}

}  // namespace
}  // namespace gannet::server
