#include "net/event_loop.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <future>
#include <memory>
#include <vector>

namespace gannet::net {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 10s;  // only a failing test waits so long

// What a loop turn did, seen from its hooks.
struct CountingHooks final : TurnHooks {
  void serveReady() override {}

  bool endTurn() override {
    turns.fetch_add(1);
    return more_turns.fetch_sub(1) > 0;
  }

  std::atomic<int> turns{0};
  std::atomic<int> more_turns{0};
};

// Some shards that know each other, running.
class Loops {
 public:
  explicit Loops(std::size_t count) : hooks(count) {
    for (std::size_t i = 0; i < count; ++i) {
      all.push_back(std::make_unique<EventLoop>(static_cast<ShardId>(i), count));
    }
    for (const auto& shard : all)
      shard->introduce(all);
  }

  void start() {
    for (std::size_t i = 0; i < all.size(); ++i)
      all[i]->start(hooks[i]);
  }

  void end() {
    for (const auto& shard : all)
      shard->stop();
    for (const auto& shard : all)
      shard->join();
  }

  ~Loops() { end(); }

  Loops(const Loops&) = delete;
  Loops& operator=(const Loops&) = delete;

  // Runs `task` on one shard and waits until it is done.
  template <class F>
  void on(std::size_t shard, F task) {
    std::promise<void> done;
    all[shard]->postFromOutside(Task([&] {
      task(*all[shard]);
      done.set_value();
    }));
    ASSERT_EQ(done.get_future().wait_for(kPatience), std::future_status::ready);
  }

  std::vector<std::unique_ptr<EventLoop>> all;
  std::vector<CountingHooks> hooks;
};

TEST(EventLoop, RunsWhatIsPostedFromOutsideOnItsOwnThread) {
  Loops shards(2);
  shards.start();
  std::thread::id first;
  std::thread::id second;
  shards.on(0, [&](EventLoop&) { first = std::this_thread::get_id(); });
  shards.on(1, [&](EventLoop&) { second = std::this_thread::get_id(); });
  EXPECT_NE(first, second);
  EXPECT_NE(first, std::this_thread::get_id());
}

TEST(EventLoop, KeepsTheOrderOfPostsHoweverMany) {
  constexpr int kPosts = 5000;  // many times what the pair queue holds: the rest is spilled
  Loops shards(2);
  shards.start();
  int next = 0;  // shard 1's only
  bool is_ordered = true;
  bool was_congested = false;
  std::promise<void> done;
  shards.on(0, [&](EventLoop& self) {
    for (int i = 0; i < kPosts; ++i) {
      self.post(1, Task([&, i] {
                  is_ordered = is_ordered && next == i;
                  if (++next == kPosts) done.set_value();
                }));
    }
    was_congested = self.isCongested(1);
  });
  ASSERT_EQ(done.get_future().wait_for(kPatience), std::future_status::ready);
  EXPECT_TRUE(is_ordered);
  EXPECT_TRUE(was_congested);
}

TEST(EventLoop, ServesSocketsBetweenTasksThatTakeLong) {
  constexpr int kTasks = 40;
  Loops shards(2);
  shards.start();
  std::atomic<int> run{0};
  std::atomic<int> turns_before{0};
  std::promise<void> done;
  shards.on(0, [&](EventLoop& self) {
    for (int i = 0; i < kTasks; ++i) {
      self.post(1, Task([&] {
                  if (run == 0) turns_before = shards.hooks[1].turns.load();
                  for (const MonoTime end = monoNow() + 1ms; monoNow() < end;) {
                  }
                  if (++run == kTasks) done.set_value();
                }));
    }
  });
  ASSERT_EQ(done.get_future().wait_for(kPatience), std::future_status::ready);
  EXPECT_GE(shards.hooks[1].turns - turns_before, kTasks / 4);
}

TEST(EventLoop, IsNoLongerCongestedWhenItsBacklogWasTaken) {
  Loops shards(2);
  shards.start();
  shards.on(0, [](EventLoop& self) {
    for (int i = 0; i < 1000; ++i)
      self.post(1, Task([] {}));
  });
  bool congested = true;
  for (const auto end = std::chrono::steady_clock::now() + kPatience;
       congested && std::chrono::steady_clock::now() < end;) {
    shards.on(0, [&](EventLoop& self) { congested = self.isCongested(1); });
  }
  EXPECT_FALSE(congested);
}

TEST(EventLoop, PostsToAndFro) {
  Loops shards(3);
  shards.start();
  std::promise<int> done;

  struct Ball {
    Loops* shards;
    std::promise<int>* done;

    void hit(ShardId at, int hits) const {
      if (hits == 3000) return done->set_value(hits);
      const auto to = static_cast<ShardId>((at + 1) % 3);
      shards->all[at]->post(to, Task([ball = *this, to, hits] { ball.hit(to, hits + 1); }));
    }
  };

  const Ball ball{&shards, &done};
  shards.all[0]->postFromOutside(Task([ball] { ball.hit(0, 0); }));
  auto result = done.get_future();
  ASSERT_EQ(result.wait_for(kPatience), std::future_status::ready);
  EXPECT_EQ(result.get(), 3000);
}

TEST(EventLoop, HaltsTheOthersWithAllPostedTasksBetweenThemTakenIn) {
  constexpr int kPosts = 3000;  // far more than a pair queue holds
  Loops shards(3);
  shards.start();
  std::array<int, 3> taken{};  // what each shard got from shard 0, or shard 0 from it
  bool is_quiet = false;
  // Each of the others has much for shard 0, which comes behind nothing that it waits for.
  for (const ShardId other : {ShardId{1}, ShardId{2}}) {
    shards.on(other, [&, other](EventLoop& self) {
      for (int i = 0; i < kPosts; ++i)
        self.post(0, Task([&taken, other] { ++taken[other]; }));
    });
  }
  shards.on(0, [&](EventLoop& self) {
    for (int i = 0; i < kPosts; ++i) {
      self.post(1, Task([&taken] { ++taken[0]; }));
    }
    self.haltOthers(Task([&] {
      const std::array<int, 3> before = taken;
      const int turns = shards.hooks[1].turns + shards.hooks[2].turns;
      for (const auto until = self.cpuTime() + 20ms; self.cpuTime() < until;) {
      }
      const int turns_later = shards.hooks[1].turns + shards.hooks[2].turns;
      is_quiet = before == std::array<int, 3>{kPosts, kPosts, kPosts} && before == taken &&
                 turns == turns_later;
    }));
  });
  EXPECT_TRUE(is_quiet);
  for (const std::size_t other : {1U, 2U})
    shards.on(other, [](EventLoop&) {});  // they go on
}

TEST(EventLoop, HasAnotherTurnAfterAHaltForLateTasksThatItTookIn) {
  Loops shards(2);
  shards.start();
  shards.on(1, [](EventLoop&) {});
  int halted = 0;  // turns until then
  shards.on(
      0, [&](EventLoop& self) { self.haltOthers(Task([&] { halted = shards.hooks[1].turns; })); });
  for (const auto end = std::chrono::steady_clock::now() + kPatience;
       shards.hooks[1].turns == halted && std::chrono::steady_clock::now() < end;) {
    std::this_thread::yield();
  }
  EXPECT_GT(shards.hooks[1].turns, halted);
}

TEST(EventLoop, HaltsOthersWhileTheyAreBusyAndManyTimes) {
  Loops shards(3);
  for (CountingHooks& hooks : shards.hooks)
    hooks.more_turns = 1'000'000'000;
  shards.start();
  int unguarded = 0;  // of whoever halts the others
  for (int round = 0; round < 300; ++round) {
    shards.on(static_cast<std::size_t>(round) % 3,
              [&](EventLoop& self) { self.haltOthers(Task([&] { ++unguarded; })); });
  }
  EXPECT_EQ(unguarded, 300);
}

TEST(EventLoop, DestroysTasksThatIsNeverTakenWithoutARun) {
  const auto captured = std::make_shared<int>(0);
  {
    Loops shards(2);  // shard 1 never runs
    shards.all[0]->start(shards.hooks[0]);
    shards.on(0, [&captured](EventLoop& self) {
      for (int i = 0; i < 500; ++i)
        self.post(1, Task([captured] { ++*captured; }));
    });
  }
  EXPECT_EQ(*captured, 0);
  EXPECT_EQ(captured.use_count(), 1);
}

TEST(EventLoop, FiresTimersWhileItSleeps) {
  Loops shards(1);
  shards.start();

  struct Alarm {
    Timer timer;
    std::promise<MonoTime> rang;
    EventLoop* shard = nullptr;
  };

  Alarm alarm;
  MonoTime armed;
  shards.on(0, [&](EventLoop& self) {
    alarm.shard = &self;
    armed = self.now();
    self.wheel().arm(
        alarm.timer, self.now(), 30ms,
        [](void* owner) {
          auto& ringing = *static_cast<Alarm*>(owner);
          ringing.rang.set_value(ringing.shard->now());
        },
        &alarm);
  });
  auto rang = alarm.rang.get_future();
  ASSERT_EQ(rang.wait_for(kPatience), std::future_status::ready);
  EXPECT_GE(rang.get() - armed, 30ms);
}

TEST(EventLoop, FiresATimerThatIsSoonerThanTheOneItSleepsFor) {
  Loops shards(1);
  shards.start();
  Timer late;
  Timer soon;
  std::promise<void> rang;
  shards.on(0, [&](EventLoop& self) {
    self.wheel().arm(
        late, self.now(), 1h, [](void*) {}, nullptr);
  });
  shards.on(0, [&](EventLoop& self) {
    self.wheel().arm(
        soon, self.now(), 20ms,
        [](void* promise) { static_cast<std::promise<void>*>(promise)->set_value(); }, &rang);
  });
  EXPECT_EQ(rang.get_future().wait_for(kPatience), std::future_status::ready);
  shards.on(0, [&](EventLoop&) { late.cancel(); });
}

TEST(EventLoop, TurnsAgainWithoutSleepingWhileThereIsMoreToServe) {
  Loops shards(1);
  shards.hooks[0].more_turns = 100;
  shards.start();
  shards.on(0, [](EventLoop&) {});
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (shards.hooks[0].turns < 100 && std::chrono::steady_clock::now() < end) {
    std::this_thread::yield();
  }
  EXPECT_GE(shards.hooks[0].turns, 100);
}

TEST(EventLoop, EndsASleepingLoopOnStop) {
  Loops shards(2);
  shards.start();
  shards.on(0, [](EventLoop&) {});
  shards.end();
  shards.end();  // twice is no harm
}

TEST(EventLoop, CountsTheProcessorTimeOfItsThread) {
  Loops shards(1);
  shards.start();
  shards.on(0, [](EventLoop&) {});
  const auto before = shards.all[0]->cpuTime();
  shards.on(0, [](EventLoop& self) {
    const auto until = self.cpuTime() + 20ms;
    while (self.cpuTime() < until) {
    }
  });
  EXPECT_GE(shards.all[0]->cpuTime() - before, 20ms);
}

}  // namespace
}  // namespace gannet::net
