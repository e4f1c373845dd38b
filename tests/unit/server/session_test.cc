// What one connection says and gets, over real sockets: the operations of client-protocol §4 to §9
// however the stream is cut, and the errors that end them.

#include "server/state/session.h"

#include "auth/permission_set.h"
#include "server/delivery/closed_connection.h"
#include "tests/unit/seeds.h"
#include "tests/unit/server/running_shards.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gannet::server {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class SessionTest : public testing::Test {
 protected:
  void SetUp() override { shards.start(); }

  RunningShards shards;
};

TEST_F(SessionTest, AnswersPing) {
  Client client = shards.connect();
  client.send("PING\r\nping whatever\n");
  EXPECT_EQ(client.read(12), "PONG\r\nPONG\r\n");
}

TEST_F(SessionTest, DeliversToItsOwnSubscription) {
  Client client = shards.login();
  client.send("SUB a.* 1\r\nPUB a.b 5\r\nhello\r\nPUB a.b reply.to 0\r\n\r\nPUB b 1\r\nx\r\n");
  EXPECT_EQ(client.flush(), "MSG a.b 1 5\r\nhello\r\nMSG a.b 1 reply.to 0\r\n\r\n");
}

TEST_F(SessionTest, GivesHeadersToThoseWhoTakeThem) {  // §8
  Client with = shards.login(0, R"("headers":true)");
  Client without = shards.login(0, R"("headers":false)");
  with.send("SUB a 1\r\n");
  with.flush();
  without.send("SUB a 2\r\n");
  without.flush();
  with.send("HPUB a r 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nhi\r\n");
  EXPECT_EQ(with.flush(), "HMSG a 1 r 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nhi\r\n");
  EXPECT_EQ(without.flush(), "MSG a 2 r 2\r\nhi\r\n");
}

TEST_F(SessionTest, SaysOkWhenVerbose) {  // §4.7
  Client client = shards.connect();
  client.send(
      "CONNECT {\"verbose\":true}\r\nSUB a 1\r\nSUB b 1\r\nUNSUB 7\r\nPUB x 0\r\n\r\nPING\r\n");
  EXPECT_EQ(client.read(5 * 5 + 6), "+OK\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\nPONG\r\n");
}

TEST_F(SessionTest, EndsASubscriptionAfterItsMaximum) {  // §6
  Client client = shards.login();
  client.send("SUB a 1\r\nUNSUB 1 2\r\nPUB a 0\r\n\r\nPUB a 0\r\n\r\nPUB a 0\r\n\r\n");
  EXPECT_EQ(client.flush(), "MSG a 1 0\r\n\r\nMSG a 1 0\r\n\r\n");
  client.send("SUB a 2\r\nPUB a 0\r\n\r\nUNSUB 2 1\r\nPUB a 0\r\n\r\n");
  EXPECT_EQ(client.flush(), "MSG a 2 0\r\n\r\n");
}

TEST_F(SessionTest, TellsARequesterThatNobodyAnswers) {  // §9.4
  Client client = shards.login(0, R"("headers":true,"no_responders":true)");
  client.send("SUB reply 1\r\nPUB foo reply 2\r\nhi\r\n");
  EXPECT_EQ(client.flush(), "HMSG reply 1 35 35\r\nNATS/1.0 503\r\nNats-Subject: foo\r\n\r\n\r\n");
}

TEST_F(SessionTest, KeepsItsOwnMessagesFromAClientThatWantsNoEcho) {  // §7.1
  Client quiet = shards.login(0, R"("echo":false)");
  Client other = shards.login();
  other.send("SUB a 1\r\n");
  other.flush();
  quiet.send("SUB a 1\r\nPUB a 1\r\nx\r\n");
  EXPECT_EQ(quiet.flush(), "");
  EXPECT_EQ(other.flush(), "MSG a 1 1\r\nx\r\n");
  other.send("PUB a 1\r\ny\r\n");
  other.flush();
  EXPECT_EQ(quiet.flush(), "MSG a 1 1\r\ny\r\n");
}

TEST_F(SessionTest, ServesEachMessageToOneMemberOfAQueueGroup) {  // §9.2
  constexpr int kMessages = 600;
  Client first = shards.login();
  Client second = shards.login();
  Client publisher = shards.login();
  for (Client* const member : {&first, &second}) {
    member->send("SUB work q 1\r\n");
    member->flush();
  }
  std::string messages;
  for (int i = 0; i < kMessages; ++i)
    messages += "PUB work 0\r\n\r\n";
  publisher.send(messages);
  publisher.flush();
  const std::size_t size = std::string_view("MSG work 1 0\r\n\r\n").size();
  const std::size_t one = first.flush().size() / size;
  const std::size_t other = second.flush().size() / size;
  EXPECT_EQ(one + other, static_cast<std::size_t>(kMessages));
  EXPECT_NEAR(static_cast<double>(one), kMessages / 2.0,
              kMessages / 5.0);  // ten standard deviations
}

// §4.6 and §13: what a client reads before the end of the stream.
TEST_F(SessionTest, EndsWithTheErrorOfTheSpec) {
  struct Row {
    std::string bytes, read;
  };

  const std::string unknown = "-ERR 'Unknown Protocol Operation'\r\n";
  const Row rows[] = {
      {"GET / HTTP/1.1\r\n", unknown},
      {"\r\n", unknown},
      {" PING\r\n", unknown},
      {"MSG a 1 0\r\n\r\n", unknown},
      {"HMSG a 1 0 0\r\n\r\n", unknown},
      {"PUB\r\n", unknown},
      {"PUB a 2\r\nabc\r\n", unknown},
      {"PUB a 2\r\nab\n\n", unknown},
      {"PUB a\r\n", ""},
      {"PUB a b c 1\r\n", ""},
      {"PUB a x\r\n", ""},
      {"PUB a -1\r\n", ""},
      {"PUB a 0000000001\r\n", ""},
      {"SUB a\r\n", ""},
      {"SUB a b c d\r\n", ""},
      {"UNSUB \r\n", ""},
      {"HPUB a 1 1\r\nx\r\n", ""},  // no headers before CONNECT
      {"CONNECT\r\n", ""},
      {"CONNECT {\r\n", ""},
      {"INFO {\r\n", ""},
      {"-ERR 'gone'\r\n", ""},
      {"PUB a 1048577\r\n", "-ERR 'Maximum Payload Violation'\r\n"},
      {"SUB " + std::string(5000, 'x') + " 1\r\n", "-ERR 'maximum control line exceeded'\r\n"},
      {"PING\r\nPUB a 1048577\r\n", "PONG\r\n-ERR 'Maximum Payload Violation'\r\n"},
      {"CONNECT {\"protocol\":2}\r\n", "-ERR 'invalid client protocol'\r\n"},
      {"CONNECT {\"no_responders\":true}\r\n", "-ERR 'no responders requires headers support'\r\n"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(testing::PrintToString(row.bytes.substr(0, 60)));
    Client client = shards.connect();
    client.send(row.bytes);
    EXPECT_EQ(client.readToEnd(), row.read);
  }
}

TEST_F(SessionTest, StaysOpenAfterAnErrorThatIsNoReasonToClose) {  // §13

  struct Row {
    std::string_view bytes, read;
  };

  constexpr Row kRows[] = {
      {"SUB a..b 1\r\n", "-ERR 'Invalid Subject'\r\n"},
      {"SUB a.>.b 1\r\n", "-ERR 'Invalid Subject'\r\n"},
      {"PUB $NRG.x 0\r\n\r\n", "-ERR 'Permissions Violation for Publish to \"$NRG.x\"'\r\n"},
      {"PUB a $JS.ACK.x 0\r\n\r\n",
       "-ERR 'Permissions Violation for Publish with Reply of \"$JS.ACK.x\"'\r\n"},
  };
  Client client = shards.login();
  for (const Row& row : kRows) {
    client.send(row.bytes);
    EXPECT_EQ(client.flush(), row.read);
  }
  Client pedantic = shards.login(0, R"("pedantic":true)");
  pedantic.send("PUB a.* 0\r\n\r\n");
  EXPECT_EQ(pedantic.flush(), "-ERR 'Invalid Publish Subject'\r\n");
}

// All kinds of operations, with one answer whatever the cuts.
struct Dialogue {
  std::string sent =
      "SUB a.> 1\r\n"
      "PUB a.b 5\r\nhello\r\n"
      "pub \t a.c  reply  03\npay\r\n"
      "HPUB a.d 12 14\r\nNATS/1.0\r\n\r\nhi\r\n"
      "PING ignored\r\n"
      "PUB a." +
      std::string(80, 'x') +
      " 10\r\n0123456789\r\n"
      "SUB  b  q  2\r\nUNSUB 2\r\nUNSUB 1 100\r\n"
      "+OK\r\nINFO {}\r\n"
      "PUB a.e 0\r\n\r\n"
      "PING\r\n";
  std::string answer =
      "MSG a.b 1 5\r\nhello\r\n"
      "MSG a.c 1 reply 03\r\npay\r\n"
      "HMSG a.d 1 12 14\r\nNATS/1.0\r\n\r\nhi\r\n"
      "PONG\r\n"
      "MSG a." +
      std::string(80, 'x') +
      " 1 10\r\n0123456789\r\n"
      "MSG a.e 1 0\r\n\r\n"
      "PONG\r\n";
};

TEST_F(SessionTest, MeansTheSameHoweverTheStreamIsCutInTwo) {  // §4.1
  const Dialogue dialogue;
  for (std::size_t cut = 1; cut < dialogue.sent.size(); ++cut) {
    SCOPED_TRACE(cut);
    Client client = shards.login(0, R"("headers":true)");
    client.send(std::string_view(dialogue.sent).substr(0, cut));
    // The first part has been read before the second is sent.
    shards.on(0, [](Shard&) {});
    client.send(std::string_view(dialogue.sent).substr(cut));
    ASSERT_EQ(client.read(dialogue.answer.size()), dialogue.answer);
  }
}

TEST_F(SessionTest, MeansTheSameByteByByte) {
  const Dialogue dialogue;
  Client client = shards.login(0, R"("headers":true)");
  for (const char byte : dialogue.sent) {
    client.send({&byte, 1});
    shards.on(0, [](Shard&) {});
  }
  EXPECT_EQ(client.read(dialogue.answer.size()), dialogue.answer);
}

TEST_F(SessionTest, TakesPayloadsOfAnySizeInAnyPieces) {
  Client client = shards.login();
  client.send("SUB a 1\r\n");
  Rng rng(1);
  for (const std::size_t size :
       {1U, 511U, 2047U, 2048U, 4096U, 32767U, 65536U, 131072U, 1048576U}) {
    SCOPED_TRACE(size);
    std::string payload(size, ' ');
    for (char& c : payload)
      c = static_cast<char>(rng.below(256));
    std::string bytes = "PUB a " + std::to_string(size) + "\r\n" + payload + "\r\n";
    std::string_view left = bytes;
    std::string got;
    const std::string head = "MSG a 1 " + std::to_string(size) + "\r\n";
    while (!left.empty()) {
      const std::size_t piece = std::min<std::size_t>(left.size(), 1 + rng.below(100000));
      client.send(left.substr(0, piece));
      left.remove_prefix(piece);
      if (rng.below(2) == 0) shards.on(0, [](Shard&) {});
    }
    got = client.read(head.size() + size + 2);
    ASSERT_EQ(got.substr(0, head.size()), head);
    ASSERT_TRUE(got.compare(head.size(), size, payload) == 0);
  }
}

TEST_F(SessionTest, ChecksAPasswordBeforeAnythingElse) {  // §2.5
  for (const std::string secret :
       {"s3cr3t", "$2a$04$abcdefghijklmnopqrstuu35fBIWlNgF8BcAW/t2cO158N8svSFHy"}) {
    config::Options options = testOptions();
    options.authorization.user = "bob";
    options.authorization.password = secret;
    RunningShards guarded(options);
    guarded.start();
    Client good = guarded.connect();
    // What follows at once waits for a slow check.
    good.send(
        "CONNECT {\"verbose\":false,\"user\":\"bob\",\"pass\":\"s3cr3t\"}\r\nSUB a 1\r\nPUB a "
        "0\r\n\r\n");
    EXPECT_EQ(good.flush(), "MSG a 1 0\r\n\r\n");

    for (const std::string_view bad : {"CONNECT {\"user\":\"bob\",\"pass\":\"x\"}\r\nPING\r\n",
                                       "CONNECT {}\r\n", "PING\r\n", "SUB a 1\r\n"}) {
      Client client = guarded.connect();
      client.send(bad);
      EXPECT_EQ(client.readToEnd(), "-ERR 'Authorization Violation'\r\n") << bad;
    }
  }
}

TEST_F(SessionTest, LosesPatienceWithWhoDoesNotAuthenticate) {
  config::Options options = testOptions();
  options.authorization.token = "t";
  options.authorization.timeout = 0.05;
  RunningShards guarded(options);
  guarded.start();
  Client client = guarded.connect();
  EXPECT_EQ(client.readToEnd(), "-ERR 'Authentication Timeout'\r\n");
}

TEST_F(SessionTest, HoldsToTheLimitsOfTheOptions) {
  config::Options options = testOptions();
  options.max_subscriptions = 2;
  options.max_sub_tokens = 3;
  options.max_connections = 2;
  RunningShards limited(options);
  limited.start();
  Client client = limited.login();
  client.send("SUB a 1\r\nSUB a.b.c.d 2\r\nSUB b 2\r\nSUB c 3\r\n");
  EXPECT_EQ(client.flush(),
            "-ERR 'Permissions Violation for Subscription to \"a.b.c.d\", too many tokens'\r\n"
            "-ERR 'maximum subscriptions exceeded'\r\n");

  Client second = limited.connect();
  Client third = limited.connect();
  EXPECT_EQ(third.readToEnd(), "-ERR 'maximum connections exceeded'\r\n");
  EXPECT_EQ(second.flush(), "");
}

TEST_F(SessionTest, GivesUpASilentPeerAfterItsPings) {  // §11
  config::Options options = testOptions();
  options.ping_interval = std::chrono::milliseconds(20);
  options.ping_max = 2;
  RunningShards impatient(options);
  impatient.start();
  Client client = impatient.connect();
  EXPECT_EQ(client.readToEnd(), "PING\r\nPING\r\n-ERR 'Stale Connection'\r\n");
}

// Publishes `message` until a slow consumer is cut; returns how many were. Nobody's outbox ever
// holds more than `max_pending`.
std::uint64_t publishUntilCut(RunningShards& shards, Client& publisher, const std::string& message,
                              std::size_t max_pending) {
  std::uint64_t cut = 0;
  for (int i = 0; i < 20 && cut == 0; ++i) {
    publisher.send(message);
    publisher.flush();
    shards.on(0, [&](Shard& shard) {
      cut = shard.counters.slow_consumers;
      shard.forEachSession([max_pending](const Session& session) {
        EXPECT_LE(session.outbox.pending(), max_pending);
      });
    });
  }
  return cut;
}

// Of the connection that closed last on the first shard; empty if none did.
ConnectionFacts lastClosed(RunningShards& shards) {
  ConnectionFacts last;
  shards.on(0, [&last](Shard& shard) {
    if (!shard.closed.empty()) last = shard.closed.back();
  });
  return last;
}

TEST_F(SessionTest, CutsAReceiverThatStopsReading) {  // §10
  config::Options options = testOptions();
  options.max_pending = 1 << 20U;
  RunningShards small(options);
  small.start();
  Client slow = small.login();
  slow.send("SUB a 1\r\n");
  slow.flush();
  Client publisher = small.login();
  // Large enough to go from where nobody is stalled past the limit in one step.
  const std::string message = "PUB a 524288\r\n" + std::string(524288, 'x') + "\r\n";
  EXPECT_EQ(publishUntilCut(small, publisher, message, std::size_t{1} << 20U), 1U);
  const std::string rest = slow.readToEnd();  // no -ERR, and no final flush
  EXPECT_THAT(rest, StartsWith("MSG a 1 524288\r\n"));
  EXPECT_THAT(rest, testing::Not(HasSubstr("-ERR")));
  const ConnectionFacts last = lastClosed(small);
  EXPECT_EQ(last.reason, protocol::CloseReason::slow_consumer_pending_bytes);
  EXPECT_EQ(last.worst_subject, "a");
}

TEST_F(SessionTest, AsksThePermissionsThatItHas) {
  static const auth::PermissionSet kOwn = [] {
    auth::PermissionRules rules;
    rules.publish.deny = {"secret.>"};
    return auth::PermissionSet::compile(rules).value();
  }();
  Client client = shards.login();
  shards.on(0, [](Shard& shard) {
    shard.forEachSession([](Session& session) {
      EXPECT_EQ(session.identity.permissions, &auth::everyones());
      session.bind(*session.account, kOwn);
    });
  });
  client.send("SUB > 1\r\nPUB secret.a 0\r\n\r\nPUB open.a 0\r\n\r\nSUB a _sys_ 2\r\n");
  EXPECT_EQ(client.flush(),
            "-ERR 'Permissions Violation for Publish to \"secret.a\"'\r\n"
            "MSG open.a 1 0\r\n\r\n"
            "-ERR 'Permissions Violation for Subscription to \"a\" using queue \"_sys_\"'\r\n");
}

TEST_F(SessionTest, LeavesNothingBehindWhenItCloses) {
  for (int round = 0; round < 20; ++round) {
    Client client = shards.login();
    client.send("SUB a 1\r\nSUB b q 2\r\nPUB a 1000\r\nhalf of it");
    shards.on(0, [](Shard&) {});
  }
  std::size_t live = 1;
  for (const MonoTime end = monoNow() + kPatience; live > 0 && monoNow() < end;) {
    shards.on(0, [&](Shard& shard) { live = shard.live_sessions; });
  }
  EXPECT_EQ(live, 0U);
  EXPECT_EQ(shards.clientSubscriptions(), 0U);
  EXPECT_EQ(shards.shared.connections.load(), 0);
  shards.on(0, [](Shard& shard) { EXPECT_EQ(shard.pool.bytesInUse(), 0U); });
}

}  // namespace
}  // namespace gannet::server
