#include "server/session/auth_service.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <vector>

namespace gannet::server {
namespace {

using namespace std::chrono_literals;

TEST(AuthService, RunsTasksInOrderOnAThreadOfItsOwn) {
  AuthService service;
  std::vector<int> order;
  std::thread::id where;
  std::promise<void> done;
  for (int i = 0; i < 100; ++i) {
    service.submit(Task([&, i] {
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

TEST(AuthService, FinishesTheTaskAtHandAndDropsTheOthersAtItsEnd) {
  const auto captured = std::make_shared<std::atomic<int>>(0);
  {
    AuthService service;
    std::promise<void> begun;
    std::promise<void> go_on;
    service.submit(Task([&begun, &go_on, captured] {
      begun.set_value();
      go_on.get_future().wait();
      ++*captured;
    }));
    for (int i = 0; i < 10; ++i)
      service.submit(Task([captured] { *captured += 100; }));
    begun.get_future().wait();
    go_on.set_value();
    // The destructor may find the first task at work or done, and some others begun.
  }
  EXPECT_EQ(*captured % 100, 1);
  EXPECT_EQ(captured.use_count(), 1);
}

TEST(AuthService, EndsWithoutEverHavingBeenUsed) {
  const AuthService service;
}

}  // namespace
}  // namespace gannet::server
