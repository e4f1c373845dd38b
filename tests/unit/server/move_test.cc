// Connections that change their shard while messages flow (ARCHITECTURE, "Placement"): nobody may
// notice.

#include "server/shards/move.h"

#include "server/delivery/relay.h"
#include "tests/unit/server/running_shards.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace gannet::server {
namespace {

constexpr std::size_t kShards = 3;
constexpr int kMessages = 5000;

class MoveTest : public testing::Test {
 protected:
  void SetUp() override { shards.start(); }

  // Where the connection lives that calls itself `name`.
  std::optional<SessionId> find(const std::string& name) {
    std::optional<SessionId> found;
    for (std::size_t index = 0; index < kShards; ++index) {
      shards.on(index, [&](Shard& shard) {
        shard.forEachSession([&](const Session& session) {
          if (session.connect->name == name) found = session.id;
        });
      });
    }
    return found;
  }

  // Tries to move the connection; true if it did.
  bool move(const std::string& name, std::size_t to) {
    const std::lock_guard one_at_a_time(moving_);
    const auto id = find(name);
    if (!id) return false;
    std::size_t moved = 0;
    shards.on(id->shard, [&](Shard& shard) {
      const std::vector<SessionId> movers{*id};
      moved = moveSessions({shard, *shards.set->shards()[to]}, movers);
    });
    return moved == 1;
  }

  Client login(const std::string& name, std::size_t index, std::string_view more = "") {
    return shards.login(index, R"("name":")" + name + '"' + std::string(more));
  }

  RunningShards shards{testOptions(), kShards};

 private:
  std::mutex moving_;
};

TEST_F(MoveTest, WaitsForAPingThatIsDue) {
  Client client = login("mover", 0);
  const auto id = find("mover");
  ASSERT_TRUE(id.has_value());
  std::size_t moved = 1;
  shards.on(0, [&](Shard& shard) {
    Session* const session = shard.find(*id);
    shard.deferPing(*session);
    shard.deferPing(*session);  // once is enough
    const std::vector<SessionId> movers{*id};
    moved = moveSessions({shard, *shards.set->shards()[1]}, movers);
  });
  EXPECT_EQ(moved, 0U);
  EXPECT_EQ(client.readLine(), "PING\r\n");
  EXPECT_EQ(client.flush(), "");
  EXPECT_TRUE(move("mover", 1));
}

// Moves a connection around as long as it lives.
class Journey {
 public:
  explicit Journey(std::function<bool(std::size_t)> move)
      : thread_([this, move = std::move(move)] {
          for (std::size_t to = 0; !done_; to = (to + 1) % kShards)
            moves_ += move(to) ? 1 : 0;
        }) {}

  ~Journey() { stop(); }

  Journey(const Journey&) = delete;
  Journey& operator=(const Journey&) = delete;

  // How often it moved.
  int stop() {
    done_ = true;
    if (thread_.joinable()) thread_.join();
    return moves_;
  }

 private:
  std::atomic<bool> done_{false};
  int moves_ = 0;
  std::thread thread_;
};

// The next line but for the server's PINGs.
std::string nextLine(Client& client) {
  while (true) {
    std::string line = client.readLine();
    if (line != "PING\r\n") return line;
  }
}

// Numbered messages, in order, with an end that waits for their having been served.
std::jthread publishNumbers(Client client, const std::string& subject) {
  return std::jthread([client = std::move(client), subject]() mutable {
    for (int i = 0; i < kMessages; ++i) {
      const std::string number = std::to_string(i);
      std::string message = "PUB " + subject;
      message.append(" ").append(std::to_string(number.size())).append("\r\n");
      message.append(number).append("\r\n");
      client.send(message);
      if (i % 100 == 0) client.flush();
    }
    client.flush();
  });
}

// What the mover hears of the other one's messages, and then of its own.
std::string heardBy(Client& mover, Client& other) {
  other.send("PUB a.x 1\r\nx\r\nPUB b 1\r\ny\r\n");
  std::string heard = mover.readThrough("y\r\n");
  mover.send("PUB a.own 0\r\n\r\n");
  return heard + mover.readThrough("\r\n\r\n");
}

TEST_F(MoveTest, GoesToAnotherShardAndBack) {
  Client mover = login("mover", 0);
  Client other = login("other", 1);
  mover.send("SUB a.* 1\r\nSUB b q 2\r\n");
  mover.flush();
  for (const std::size_t to : {1U, 2U, 0U}) {
    ASSERT_TRUE(move("mover", to));
    EXPECT_EQ(find("mover").value_or(SessionId{}).shard, to);
    EXPECT_EQ(heardBy(mover, other), "MSG a.x 1 1\r\nx\r\nMSG b 2 1\r\ny\r\nMSG a.own 1 0\r\n\r\n");
  }
  EXPECT_EQ(shards.clientSubscriptions(), 2U);
}

TEST_F(MoveTest, LeavesNothingBehindWhenItCloses) {
  Client mover = login("mover", 0);
  mover.send("SUB a 1\r\n");
  mover.flush();
  ASSERT_TRUE(move("mover", 1));
  mover.close();
  const auto is_gone = [this] {
    std::size_t sessions = 0;
    for (std::size_t index = 0; index < kShards; ++index)
      shards.on(index, [&sessions](Shard& shard) { sessions += shard.live_sessions; });
    return sessions == 0;
  };
  const MonoTime end = monoNow() + std::chrono::seconds(10);
  while (!is_gone() && monoNow() < end)
    std::this_thread::yield();
  EXPECT_TRUE(is_gone());
  EXPECT_EQ(shards.clientSubscriptions(), 0U);
}

TEST_F(MoveTest, TakesAnUnfinishedMessageAndACountAlong) {
  Client mover = login("mover", 0);
  Client other = login("other", 1);
  mover.send("SUB c 3\r\nUNSUB 3 2\r\n");
  mover.flush();
  other.send("SUB half 9\r\nPUB c 1\r\nx\r\n");
  other.flush();
  EXPECT_EQ(mover.read(14), "MSG c 3 1\r\nx\r\n");
  mover.send("PING\r\nPUB half 6\r\nhal");
  EXPECT_EQ(mover.readLine(), "PONG\r\n");
  ASSERT_TRUE(move("mover", 2));
  mover.send("ves\r\n");
  EXPECT_EQ(other.readThrough("halves\r\n"), "MSG half 9 6\r\nhalves\r\n");
  other.send("PUB c 1\r\ny\r\nPUB c 1\r\nz\r\n");
  EXPECT_EQ(mover.readThrough("y\r\n"), "MSG c 3 1\r\ny\r\n");
  other.flush();
  shards.on(0, [](Shard&) {});
  EXPECT_EQ(mover.flush(), "");
}

TEST_F(MoveTest, LeavesAConnectionWhereItIsThatIsNotOpen) {
  Client greeting = shards.connect(0);  // no CONNECT
  std::optional<SessionId> id;
  shards.on(0, [&](Shard& shard) {
    shard.forEachSession([&](const Session& session) {
      id = session.id;
      EXPECT_FALSE(isMovable(session));
    });
  });
  ASSERT_TRUE(id);
  std::vector<Shard*> all;
  for (const auto& shard : shards.set->shards())
    all.push_back(shard.get());
  shards.on(0, [&](Shard& shard) {
    const std::vector<SessionId> movers{*id, {0, 77, 1}};
    EXPECT_EQ(moveSessions({shard, *all[1]}, movers), 0U);
  });
  EXPECT_EQ(greeting.flush(), "");
}

// One publisher on each shard, to "p.0" and so on.
std::vector<std::jthread> publishFromEverywhere(RunningShards& shards) {
  std::vector<std::jthread> publishing;
  for (std::size_t index = 0; index < kShards; ++index)
    publishing.push_back(publishNumbers(shards.login(index), "p." + std::to_string(index)));
  return publishing;
}

// Reads until every publisher's numbers have come; true if each came once, in order.
bool getsAllInOrder(Client& receiver) {
  std::vector<int> next(kShards, 0);
  for (std::size_t i = 0; i < kShards * kMessages; ++i) {
    const std::string line = nextLine(receiver);
    const auto from = static_cast<std::size_t>(line.at(6) - '0');
    if (receiver.readLine() != std::to_string(next.at(from)++) + "\r\n") return false;
  }
  return true;
}

// True if nothing else is on its way.
bool getsNoMore(Client& receiver) {
  receiver.send("PING\r\n");
  return nextLine(receiver) == "PONG\r\n";
}

TEST_F(MoveTest, KeepsTheOrderOfEachPublisherToAReceiverThatMoves) {
  Client receiver = login("mover", 2);
  receiver.send("SUB p.* 1\r\n");
  receiver.flush();
  Journey journey([this](std::size_t to) { return move("mover", to); });
  std::vector<std::jthread> publishing = publishFromEverywhere(shards);
  ASSERT_TRUE(getsAllInOrder(receiver));
  publishing.clear();
  EXPECT_GT(journey.stop(), 0);
  EXPECT_TRUE(getsNoMore(receiver));
}

TEST_F(MoveTest, ServesEachReceiverOnceWhereverTheOthersLive) {
  std::vector<Client> receivers;
  for (std::size_t index = 0; index < kShards; ++index) {
    receivers.push_back(index == 0 ? login("mover", 0) : shards.login(index));
    receivers.back().send("SUB p.* 1\r\n");
    receivers.back().flush();
  }
  Journey journey([this](std::size_t to) { return move("mover", to); });
  std::vector<std::jthread> publishing = publishFromEverywhere(shards);
  ASSERT_TRUE(std::all_of(receivers.begin(), receivers.end(), getsAllInOrder));
  publishing.clear();
  EXPECT_GT(journey.stop(), 0);
  EXPECT_TRUE(std::all_of(receivers.begin(), receivers.end(), getsNoMore));
}

TEST_F(MoveTest, KeepsTheOrderOfAPublisherThatMoves) {
  std::vector<Client> receivers;
  for (std::size_t index = 0; index < kShards; ++index) {
    receivers.push_back(shards.login(index));
    receivers.back().send("SUB p 1\r\n");
    receivers.back().flush();
  }
  const std::jthread publishing = publishNumbers(login("mover", 0), "p");
  Journey journey([this](std::size_t to) { return move("mover", to); });
  for (int i = 0; i < kMessages; ++i) {
    for (Client& receiver : receivers) {
      nextLine(receiver);
      ASSERT_EQ(receiver.readLine(), std::to_string(i) + "\r\n");
    }
  }
  EXPECT_GT(journey.stop(), 0);
}

TEST_F(MoveTest, AnswersRequestsWhileBothSidesMove) {
  constexpr int kRequests = 1000;
  Client service = login("service", 0);
  service.send("SUB ask q 1\r\n");
  service.flush();
  Client asker = login("asker", 1, R"(,"headers":true,"no_responders":true)");
  asker.send("SUB inbox 1\r\n");
  asker.flush();
  Journey journey([this](std::size_t to) {
    const bool has_asker_moved = move("asker", to);
    return move("service", (to + 1) % kShards) && has_asker_moved;
  });
  const std::jthread answers([&service] {
    for (int i = 0; i < kRequests; ++i) {
      service.readThrough("\r\n\r\n");
      service.send("PUB inbox 2\r\nok\r\n");
    }
  });
  for (int i = 0; i < kRequests; ++i) {
    asker.send("PUB ask inbox 0\r\n\r\n");
    ASSERT_EQ(nextLine(asker), "MSG inbox 1 2\r\n");
    ASSERT_EQ(asker.readLine(), "ok\r\n");
  }
  EXPECT_GT(journey.stop(), 0);
}

TEST_F(MoveTest, TellsOfNoRespondersWhereverTheAskerMoves) {  // client-protocol §9.4
  Client asker = login("asker", 1, R"(,"headers":true,"no_responders":true)");
  asker.send("SUB inbox 1\r\n");
  asker.flush();
  Journey journey([this](std::size_t to) { return move("asker", to); });
  for (int i = 0; i < 1000; ++i) {
    asker.send("PUB nobody inbox 0\r\n\r\n");
    ASSERT_THAT(nextLine(asker), testing::StartsWith("HMSG inbox 1 "));
    ASSERT_EQ(asker.readThrough("\r\n\r\n\r\n").substr(0, 12), "NATS/1.0 503");
  }
  EXPECT_GT(journey.stop(), 0);
}

}  // namespace
}  // namespace gannet::server
