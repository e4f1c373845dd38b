#include "server/shards/move_gate.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace gannet::server {
namespace {

TEST(MoveGate, LetsMovesPassUntilItIsClosedAndAgainOnceAllHaveOpenedIt) {
  MoveGate gate;
  int moves = 0;
  const auto move = [&moves] { ++moves; };
  EXPECT_TRUE(gate.passIfOpen(move));
  {
    const auto first = gate.close();
    {
      const auto second = gate.close();
      EXPECT_FALSE(gate.passIfOpen(move));
    }
    EXPECT_FALSE(gate.passIfOpen(move));
  }
  EXPECT_TRUE(gate.passIfOpen(move));
  EXPECT_EQ(moves, 2);
}

TEST(MoveGate, ClosesWhenTheMoveUnderWayHasEnded) {
  MoveGate gate;
  std::atomic<bool> is_moving{false};
  std::atomic<bool> may_end{false};
  std::atomic<bool> is_closing{false};
  std::atomic<bool> is_closed{false};
  std::thread mover([&] {
    gate.passIfOpen([&] {
      is_moving = true;
      is_moving.notify_all();
      may_end.wait(false);
      EXPECT_FALSE(is_closed);
    });
  });
  is_moving.wait(false);
  EXPECT_FALSE(gate.passIfOpen([] {}));  // one at a time
  std::thread closer([&] {
    is_closing = true;
    is_closing.notify_all();
    const auto closed = gate.close();
    is_closed = true;
  });
  is_closing.wait(false);
  for (int i = 0; i < 1000; ++i)
    std::this_thread::yield();  // time for a gate that does not wait
  may_end = true;
  may_end.notify_all();
  mover.join();
  closer.join();
  EXPECT_TRUE(is_closed);
}

}  // namespace
}  // namespace gannet::server
