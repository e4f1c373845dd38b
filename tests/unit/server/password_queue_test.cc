#include "server/session/password_queue.h"

#include "server/process/settings_change.h"
#include "server/session/connect.h"
#include "tests/unit/server/running_shards.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gannet::server {
namespace {

const std::string kHashOfB = "$2a$04$abcdefghijklmnopqrstuu12f.Pu8ic0A965BfTwGcW6x7Xin9Xgu";
const std::string kHashOfC = "$2a$04$abcdefghijklmnopqrstuusIHrPEfz9BWAr75fipyO3YX8DgVe3ly";
const std::string kSlowHashOfB = "$2a$08$abcdefghijklmnopqrstuuV.ouodmcK2MhL47RZwtGNmVDs502V3K";
constexpr std::string_view kWithB =
    "CONNECT {\"verbose\":false,\"user\":\"a\",\"pass\":\"b\"}\r\nPING\r\n";
constexpr std::string_view kWithX =
    "CONNECT {\"verbose\":false,\"user\":\"a\",\"pass\":\"x\"}\r\nPING\r\n";
constexpr std::string_view kViolation = "-ERR 'Authorization Violation'\r\n";

config::Options guardedOptions(std::string password = kHashOfB) {
  config::Options options = testOptions();
  options.authorization.user = "a";
  options.authorization.password = std::move(password);
  options.authorization.timeout = 60;
  return options;
}

// A server with one thread for passwords, on which other work can stand.
class PasswordQueueTest : public ::testing::Test {
 protected:
  void serve(config::Options options) {
    begun_ = 0;
    shards = std::make_unique<RunningShards>(std::move(options));
    shards->start();
  }

  // Keeps the thread busy until release(): nothing is checked meanwhile.
  void hold() {
    go_on_.emplace();
    shards->shared.passwords->submit(
        Task([go_on = go_on_->get_future().share()] { go_on.wait(); }));
  }

  void release() {
    if (go_on_) go_on_->set_value();
    go_on_.reset();
  }

  void TearDown() override { release(); }

  // A client whose CONNECT the shard has taken.
  Client begin(std::string_view bytes = kWithB) {
    Client client = shards->connect();
    client.send(bytes);
    const std::size_t count = ++begun_;
    settle([this, count] { return connects() >= count; });
    return client;
  }

  std::vector<Client> beginMany(std::size_t count, std::string_view bytes = kWithB) {
    std::vector<Client> clients;
    clients.reserve(count);
    while (clients.size() < count)
      clients.push_back(begin(bytes));
    return clients;
  }

  static void expectAllIn(std::vector<Client>& clients) {
    for (Client& client : clients)
      EXPECT_EQ(client.readLine(), "PONG\r\n");
  }

  // Waits for what a shard does in a later turn.
  template <class F>
  void settle(F&& is_so) {
    for (int turns = 0; turns < 100000 && !is_so(); ++turns) {
    }
    EXPECT_TRUE(is_so());
  }

  std::size_t connects() {
    std::size_t count = 0;
    shards->on(0, [&](Shard& shard) {
      shard.forEachSession([&](const Session& session) { count += session.got_connect ? 1 : 0; });
    });
    return count;
  }

  std::size_t sessions() {
    std::size_t count = 0;
    shards->on(0, [&](Shard& shard) { count = shard.live_sessions; });
    return count;
  }

  void reload(const config::Options& options) {
    auto made = std::make_shared<Settings>();
    made->options = options;
    made->auth_required = !options.authorization.user.empty();
    shards->on(0, [made](Shard& shard) { applySettings(shard, made); });
  }

  std::unique_ptr<RunningShards> shards;

 private:
  std::size_t begun_ = 0;
  std::optional<std::promise<void>> go_on_;
};

TEST_F(PasswordQueueTest, TellsWhoWaitsTooLongThatTheTimeIsUp) {
  config::Options options = guardedOptions();
  options.authorization.timeout = 0.05;
  serve(options);
  hold();
  Client first = shards->connect();   // its check waits for the thread,
  Client second = shards->connect();  // and this one's for the check before it
  first.send(kWithB);
  second.send(kWithB);
  EXPECT_EQ(first.readToEnd(), "-ERR 'Authentication Timeout'\r\n");
  EXPECT_EQ(second.readToEnd(), "-ERR 'Authentication Timeout'\r\n");
  release();
}

TEST_F(PasswordQueueTest, ChecksNothingForWhoIsGoneWhenAThreadIsFree) {
  serve(guardedOptions());
  hold();
  Client first = begin();
  std::vector<Client> gone = beginMany(20);
  Client last = begin();
  for (Client& client : gone)
    client.close();
  shards->on(0, [](Shard& shard) {
    EXPECT_EQ(shard.passwords->under_way, 1U);
    EXPECT_EQ(shard.passwords->logins.size(), 21U);
  });
  release();
  EXPECT_EQ(last.readLine(), "PONG\r\n");
  EXPECT_EQ(first.readLine(), "PONG\r\n");
  settle([this] { return sessions() == 2; });
}

TEST_F(PasswordQueueTest, AnswersWhoOnlyEndedWhatItSends) {
  serve(guardedOptions());
  hold();
  Client first = begin();
  Client publisher = begin(std::string(kWithB) + "PUB a 1\r\nx\r\nPING\r\n");
  Client last = begin();
  Client alone = begin();
  for (const Client* client : {&publisher, &last, &alone})
    ::shutdown(client->fd(), SHUT_WR);
  release();
  EXPECT_EQ(publisher.readToEnd(), "PONG\r\nPONG\r\n");
  EXPECT_EQ(last.readToEnd(), "");  // taken for one that left
  EXPECT_EQ(alone.readToEnd(), "PONG\r\n");
  EXPECT_EQ(first.readLine(), "PONG\r\n");
}

TEST_F(PasswordQueueTest, LetsInWhoWaitedWhenNothingIsAskedForAnyMore) {
  serve(guardedOptions());
  hold();
  Client first = begin(kWithX);
  Client second = begin(kWithX);
  reload(testOptions());
  release();
  EXPECT_EQ(first.readLine(), "PONG\r\n");
  EXPECT_EQ(second.readLine(), "PONG\r\n");
}

TEST_F(PasswordQueueTest, LetsLoginsPassTheReviewsOfAReload) {
  serve(testOptions());
  std::vector<Client> right = beginMany(10);
  std::vector<Client> wrong = beginMany(10, kWithX);
  expectAllIn(right);
  expectAllIn(wrong);
  hold();
  reload(guardedOptions(kSlowHashOfB));
  Client late = begin();
  release();
  EXPECT_EQ(late.readLine(), "PONG\r\n");
  std::size_t reviews_left = 0;
  shards->on(0, [&](Shard& shard) { reviews_left = shard.passwords->reviews.size(); });
  EXPECT_GE(reviews_left, 10U);
  for (Client& client : wrong)
    EXPECT_EQ(client.readToEnd(), "");  // it gave a name
  for (Client& client : right)
    EXPECT_EQ(client.flush(), "");
}

TEST_F(PasswordQueueTest, TakesAReviewBehindAFewLogins) {
  serve(testOptions());
  Client inside = begin(kWithX);
  EXPECT_EQ(inside.readLine(), "PONG\r\n");
  hold();
  reload(guardedOptions(kSlowHashOfB));
  Client other = begin();  // its check, not the review, waits for the thread's next turn
  std::vector<Client> crowd = beginMany(30);
  release();
  EXPECT_EQ(inside.readToEnd(), "");
  std::size_t waiting = 0;
  shards->on(0, [&](Shard& shard) { waiting = shard.passwords->logins.size(); });
  EXPECT_GT(waiting, 0U);
  expectAllIn(crowd);
}

TEST_F(PasswordQueueTest, ASecondConnectMakesAReviewMeaningless) {
  serve(testOptions());
  Client client = begin(kWithX);
  EXPECT_EQ(client.readLine(), "PONG\r\n");
  hold();
  reload(guardedOptions());  // to be reviewed with the wrong password
  client.send(kWithB);
  settle([this] {
    std::size_t logins = 0;
    shards->on(0, [&](Shard& shard) { logins = shard.passwords->logins.size(); });
    return logins == 1;
  });
  release();
  EXPECT_EQ(client.readLine(), "PONG\r\n");
  EXPECT_EQ(client.flush(), "");
}

TEST_F(PasswordQueueTest, JudgesByTheRulesInForceWhenTheAnswerComes) {
  for (const std::string& later : {std::string("b"), kHashOfB}) {
    serve(guardedOptions(kHashOfC));
    hold();
    Client right = begin();
    Client wrong = begin(kWithX);
    Client also_right = begin();
    reload(guardedOptions(later));
    release();
    EXPECT_EQ(right.readLine(), "PONG\r\n");
    EXPECT_EQ(also_right.readLine(), "PONG\r\n");
    EXPECT_EQ(wrong.readToEnd(), kViolation);
  }
}

}  // namespace
}  // namespace gannet::server
