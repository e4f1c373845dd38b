#include "base/posted_tasks.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

namespace gannet {
namespace {

TEST(PostedTasks, IsTakenInTheOrderInWhichItCame) {
  PostedTasks tasks;
  std::vector<int> got;
  for (int i = 0; i < 5; ++i)
    tasks.add(Task([&got, i] { got.push_back(i); }));
  tasks.takeAll([](Task task) { task(); });
  EXPECT_EQ(got, (std::vector{0, 1, 2, 3, 4}));
  tasks.takeAll([](const Task& /*task*/) { ADD_FAILURE(); });
}

TEST(PostedTasks, DestroysWhatNobodyTakes) {
  const auto captured = std::make_shared<int>(0);
  {
    PostedTasks tasks;
    for (int i = 0; i < 3; ++i)
      tasks.add(Task([captured] {}));
    EXPECT_EQ(captured.use_count(), 4);
  }
  EXPECT_EQ(captured.use_count(), 1);
}

TEST(PostedTasks, LosesNothingBetweenThreads) {
  constexpr int kSenders = 4;
  constexpr int kEach = 20'000;
  PostedTasks tasks;
  std::vector<std::vector<int>> got(kSenders);  // by sender, which keeps its order
  std::vector<std::thread> senders;
  for (std::size_t sender = 0; sender < kSenders; ++sender) {
    senders.emplace_back([&, sender] {
      for (int i = 0; i < kEach; ++i)
        tasks.add(Task([&got, sender, i] { got[sender].push_back(i); }));
    });
  }
  int taken = 0;
  while (taken < kSenders * kEach) {
    tasks.takeAll([&taken](Task task) {
      task();
      ++taken;
    });
  }
  for (std::thread& sender : senders)
    sender.join();
  for (const auto& from_one : got) {
    ASSERT_EQ(from_one.size(), std::size_t{kEach});
    for (int i = 0; i < kEach; ++i)
      EXPECT_EQ(from_one[static_cast<std::size_t>(i)], i);
  }
}

}  // namespace
}  // namespace gannet
