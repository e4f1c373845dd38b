#include "net/poller.h"

#include "tests/unit/net/loopback.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>

namespace gannet::net {
namespace {

using namespace std::chrono_literals;

// A watched stream: what it was told, and the other end.
struct Watched {
  Watched() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    EXPECT_EQ(::fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    socket = Socket(ends[0]);
    peer.reset(ends[1]);
  }

  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;
  ~Watched() = default;

  static void note(void* self, Readiness readiness) {
    static_cast<Watched*>(self)->told.push_back(readiness);
  }

  Socket socket;
  Fd peer;
  Watch watch{&note, this};
  std::vector<Readiness> told;
};

void turn(Poller& poller) {
  poller.wait(0ns);
  poller.dispatch();
}

TEST(Poller, TellsEachChangeOnce) {
  Poller poller;
  Watched one;
  ASSERT_TRUE(poller.watchStream(one.socket.fd(), one.watch));
  turn(poller);
  ASSERT_EQ(one.told.size(), 1U);  // it is writable
  EXPECT_TRUE(one.told[0].writable);
  EXPECT_FALSE(one.told[0].readable);

  sendAll(one.peer.get(), "x");
  turn(poller);
  turn(poller);
  ASSERT_EQ(one.told.size(), 2U);  // though nobody has read it
  EXPECT_TRUE(one.told[1].readable);
  EXPECT_FALSE(one.told[1].hung_up);

  sendAll(one.peer.get(), "y");
  turn(poller);
  EXPECT_EQ(one.told.size(), 3U);
}

TEST(Poller, TellsThatThePeerHungUpEvenBehindUnreadBytes) {
  Poller poller;
  Watched one;
  sendAll(one.peer.get(), "x");
  one.peer.reset();
  ASSERT_TRUE(poller.watchStream(one.socket.fd(), one.watch));
  turn(poller);
  ASSERT_EQ(one.told.size(), 1U);
  EXPECT_TRUE(one.told[0].readable);
  EXPECT_TRUE(one.told[0].hung_up);
}

TEST(Poller, ForgetsWhatIsClosed) {
  Poller poller;
  Watched one;
  ASSERT_TRUE(poller.watchStream(one.socket.fd(), one.watch));
  sendAll(one.peer.get(), "x");
  one.socket.close();
  turn(poller);
  EXPECT_TRUE(one.told.empty());
}

TEST(Poller, RefusesWhatIsNoDescriptor) {
  Poller poller;
  Watch watch;
  EXPECT_FALSE(poller.watchStream(-1, watch));
  EXPECT_FALSE(poller.watchListener(-1, watch));
}

TEST(Poller, WaitsAtLeastAsLongAsItIsTold) {
  Poller poller;
  const auto begin = std::chrono::steady_clock::now();
  poller.wait(1500us);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 1500us);
}

TEST(Poller, IsWokenByAnotherThreadEachTime) {
  Poller poller;
  for (int round = 0; round < 3; ++round) {
    std::thread other([&poller] { poller.wake(); });
    poller.wait(std::nullopt);  // hangs if a wake-up is lost
    poller.dispatch();
    other.join();
  }
}

}  // namespace
}  // namespace gannet::net
