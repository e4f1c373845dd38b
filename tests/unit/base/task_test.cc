#include "base/task.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>

namespace gannet {
namespace {

TEST(Task, RunsWhatItWasGiven) {
  int runs = 0;
  Task task([&runs] { ++runs; });
  ASSERT_TRUE(static_cast<bool>(task));
  task();
  task();
  EXPECT_EQ(runs, 2);
}

TEST(Task, OwnsWhatCannotBeCopied) {
  int seen = 0;
  Task task([&seen, value = std::make_unique<int>(7)] { seen = *value; });
  Task moved = std::move(task);
  EXPECT_FALSE(static_cast<bool>(task));  // NOLINT(bugprone-use-after-move): empty is promised
  moved();
  EXPECT_EQ(seen, 7);
}

TEST(Task, DestroysItsCapturesWithoutARun) {
  const auto captured = std::make_shared<int>(0);
  {
    const Task task([captured] { ++*captured; });
    EXPECT_EQ(captured.use_count(), 2);
  }
  EXPECT_EQ(captured.use_count(), 1);
  EXPECT_EQ(*captured, 0);
}

TEST(Task, IsEmptyByDefaultAndAfterBeingReplaced) {
  Task task;
  EXPECT_FALSE(static_cast<bool>(task));
  const auto captured = std::make_shared<int>(0);
  task = Task([captured] {});
  EXPECT_EQ(captured.use_count(), 2);
  task = Task();
  EXPECT_EQ(captured.use_count(), 1);
}

TEST(Task, KeepsTheStateOfAMutableFunction) {
  int last = 0;
  Task task([&last, count = 0]() mutable { last = ++count; });
  task();
  task();
  EXPECT_EQ(last, 2);
}

}  // namespace
}  // namespace gannet
