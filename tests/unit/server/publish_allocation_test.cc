// The promise of the publish path: with its plan cached, a plain message costs no allocation.

#include "auth/permission_set.h"
#include "base/log.h"
#include "server/state/session_log.h"
#include "tests/unit/base/temp_folder.h"
#include "tests/unit/server/running_shards.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <new>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

// Of one thread.
struct Watch {
  bool is_on = false;
  std::size_t allocations = 0;  // while it was on
};

Watch& watch() {
  thread_local Watch own;
  return own;
}

void* allocate(std::size_t size) {
  if (watch().is_on) ++watch().allocations;
  void* const memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) std::abort();
  return memory;
}

void* allocate(std::size_t size, std::align_val_t alignment) {
  if (watch().is_on) ++watch().allocations;
  const auto align = static_cast<std::size_t>(alignment);
  void* const memory = std::aligned_alloc(align, (size + align - 1) / align * align);
  if (memory == nullptr) std::abort();
  return memory;
}

}  // namespace

// The whole test program allocates through these.
void* operator new(std::size_t size) {
  return allocate(size);
}

void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  return allocate(size);
}

void* operator new[](std::size_t size) {
  return allocate(size);
}

void* operator new(std::size_t size, std::align_val_t align) {
  return allocate(size, align);
}

void* operator new[](std::size_t size, std::align_val_t align) {
  return allocate(size, align);
}

void operator delete(void* memory) noexcept {
  std::free(memory);
}

void operator delete[](void* memory) noexcept {
  std::free(memory);
}

void operator delete(void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}

void operator delete[](void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}

void operator delete(void* memory, std::align_val_t /*align*/) noexcept {
  std::free(memory);
}

void operator delete[](void* memory, std::align_val_t /*align*/) noexcept {
  std::free(memory);
}

void operator delete(void* memory, std::size_t /*size*/, std::align_val_t /*align*/) noexcept {
  std::free(memory);
}

void operator delete[](void* memory, std::size_t /*size*/, std::align_val_t /*align*/) noexcept {
  std::free(memory);
}

namespace gannet::server {
namespace {

constexpr int kBatch = 100;  // messages in one write
constexpr int kRounds = 50;
constexpr int kAttempts = 3;

// A publisher and receivers on one shard, and the allocations of that shard between two moments.
class PublishAllocationTest : public testing::Test {
 protected:
  void SetUp() override {
    shards.start();
    publisher.emplace_back(shards.login());
  }

  // What `receivers` get for one message is `size` bytes. Returns what kRounds batches allocate, at
  // the least: a batch that arrives in two pieces costs one for the message that is cut.
  std::size_t allocationsOf(const std::string& message, std::vector<Client>& receivers,
                            std::size_t size) {
    std::string batch;
    for (int i = 0; i < kBatch; ++i)
      batch += message;
    const auto rounds = [&] {
      for (int i = 0; i < kRounds; ++i) {
        publisher[0].send(batch);
        for (Client& receiver : receivers) {
          EXPECT_EQ(receiver.read(size * kBatch).size(), size * kBatch);
        }
        publisher[0].flush();
      }
    };
    rounds();  // plans, chunks, lists reach their sizes
    std::size_t least = allocationsDuring(rounds);
    for (int attempt = 1; attempt < kAttempts && least > 0; ++attempt)
      least = std::min(least, allocationsDuring(rounds));
    return least;
  }

  template <class F>
  std::size_t allocationsDuring(const F& work) {
    shards.on(0, [](Shard&) { watch() = {true, 0}; });
    work();
    std::size_t counted = 0;
    shards.on(0, [&counted](Shard&) {
      watch().is_on = false;
      counted = watch().allocations;
    });
    return counted;
  }

  std::vector<Client> subscribe(const std::vector<std::string>& lines) {
    std::vector<Client> clients;
    for (const std::string& line : lines) {
      clients.push_back(shards.login());
      clients.back().send(line);
      clients.back().flush();
    }
    return clients;
  }

  RunningShards shards;
  std::vector<Client> publisher;
};

TEST_F(PublishAllocationTest, IsSeenByTheCounter) {  // the test can fail
  std::size_t counted = 0;
  shards.on(0, [&counted](Shard&) {
    watch() = {true, 0};
    const auto made = std::make_unique<std::string>(100, 'x');
    EXPECT_EQ(made->size(), 100U);
    counted = watch().allocations;
    watch().is_on = false;
  });
  EXPECT_EQ(counted, 2U);
}

TEST_F(PublishAllocationTest, IsNoneForOneReceiver) {
  auto receivers = subscribe({"SUB a.b 1\r\n"});
  const std::string_view delivered = "MSG a.b 1 5\r\nhello\r\n";
  EXPECT_EQ(allocationsOf("PUB a.b 5\r\nhello\r\n", receivers, delivered.size()), 0U);
}

TEST_F(PublishAllocationTest, IsNoneWhenNobodyListens) {
  std::vector<Client> nobody;
  EXPECT_EQ(allocationsOf("PUB a.b reply 5\r\nhello\r\n", nobody, 0), 0U);
}

TEST_F(PublishAllocationTest, IsNoneForManyReceivers) {
  auto receivers = subscribe({"SUB a.* 1\r\n", "SUB > 1\r\n", "SUB a.b 1\r\n", "SUB *.b 1\r\n"});
  const std::string_view delivered = "MSG a.b 1 r 5\r\nhello\r\n";
  EXPECT_EQ(allocationsOf("PUB a.b r 5\r\nhello\r\n", receivers, delivered.size()), 0U);
}

TEST_F(PublishAllocationTest, IsNoneForAQueueGroup) {
  auto receivers = subscribe({"SUB a.b q 1\r\n"});
  const std::string_view delivered = "MSG a.b 1 5\r\nhello\r\n";
  EXPECT_EQ(allocationsOf("PUB a.b 5\r\nhello\r\n", receivers, delivered.size()), 0U);
}

TEST_F(PublishAllocationTest, IsNoneForAlternatingSubjects) {
  auto receivers = subscribe({"SUB a.* 1\r\n"});
  const std::string_view delivered = "MSG a.b 1 2\r\nhi\r\nMSG a.c 1 2\r\nhi\r\n";
  EXPECT_EQ(allocationsOf("PUB a.b 2\r\nhi\r\nPUB a.c 2\r\nhi\r\n", receivers, delivered.size()),
            0U);
}

TEST_F(PublishAllocationTest, IsNoneForAnOrdinaryRequest) {
  auto receivers = subscribe({"SUB orders.*.created 1\r\n"});
  const std::string inbox = "_INBOX.q7Vh2YxSxlPnCJp1kVlN3d.q7Vh2YxSxlPnCJp1kVlN9z.12345678";
  const std::string delivered = "MSG orders.eu.created 1 " + inbox + " 5\r\nhello\r\n";
  EXPECT_EQ(allocationsOf("PUB orders.eu.created " + inbox + " 5\r\nhello\r\n", receivers,
                          delivered.size()),
            0U);
}

TEST_F(PublishAllocationTest, IsNoneForASessionWithTwentyPermissions) {
  static const auth::PermissionSet kTwenty = [] {
    auth::PermissionRules rules;
    rules.publish.allow.emplace();
    for (int i = 0; i < 10; ++i) {
      rules.publish.allow->push_back("a." + std::to_string(i) + ".>");
      rules.publish.deny.push_back("a.*.secret." + std::to_string(i));
    }
    return auth::PermissionSet::compile(rules).value();
  }();
  shards.on(0, [](Shard& shard) {
    shard.forEachSession([](Session& session) { session.bind(*session.account, kTwenty); });
  });
  auto receivers = subscribe({"SUB a.> 1\r\n"});
  const std::string_view delivered = "MSG a.3.b 1 5\r\nhello\r\n";
  EXPECT_EQ(allocationsOf("PUB a.3.b 5\r\nhello\r\n", receivers, delivered.size()), 0U);
}

TEST_F(PublishAllocationTest, IsNoneForMoreSubjectsOfAClassThanAreRemembered) {
  auto receivers = subscribe({"SUB _INBOX.x.* 1\r\n"});
  std::string messages;
  std::size_t delivered = 0;
  for (int i = 1000; i < 1016; ++i) {
    const std::string subject = "_INBOX.x." + std::to_string(i);
    messages += "PUB " + subject + " 2\r\nhi\r\n";
    delivered += ("MSG " + subject + " 1 2\r\nhi\r\n").size();
  }
  EXPECT_EQ(allocationsOf(messages, receivers, delivered), 0U);
}

TEST_F(PublishAllocationTest, IsNoneForHeaders) {
  publisher[0] = shards.login(0, R"("headers":true)");
  std::vector<Client> receivers;
  receivers.push_back(shards.login(0, R"("headers":true)"));
  receivers[0].send("SUB a.b 1\r\n");
  receivers[0].flush();
  const std::string block = "NATS/1.0\r\nContent-Type: text\r\nNats-Msg-Id: 17\r\n\r\n";
  const std::string rest = std::to_string(block.size()) + " " + std::to_string(block.size() + 5) +
                           "\r\n" + block + "hello\r\n";
  const std::string delivered = "HMSG a.b 1 " + rest;
  EXPECT_EQ(allocationsOf("HPUB a.b " + rest, receivers, delivered.size()), 0U);
}

TEST_F(PublishAllocationTest, IsNoneForALineThatIsLeftOutOrFindsNoRoom) {
  const TempFolder folder;
  log::Settings settings;
  settings.file = folder.at("log");  // a pipe that nobody reads
  ASSERT_EQ(::mkfifo(settings.file.c_str(), 0600), 0);
  const int reader = ::open(settings.file.c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  ASSERT_TRUE(log::open(settings).has_value());
  const std::string text(std::size_t{1} << 20, 'x');
  while (log::admits(log::Level::error))
    log::client(log::Level::error, "{}", text);

  std::size_t counted = 0;
  shards.on(0, [&counted](Shard& shard) {
    shard.forEachSession([](Session& session) {
      for (int i = 0; i <= kLinesAtOnce; ++i)
        static_cast<void>(mayRepeat(session, Repeated::publish_violation));
    });
    watch() = {true, 0};
    shard.forEachSession([](Session& session) {
      EXPECT_FALSE(mayRepeat(session, Repeated::publish_violation));
      logOf(session, log::Level::error, "no room for {}", 1);
    });
    counted = watch().allocations;
    watch().is_on = false;
  });

  EXPECT_EQ(counted, 0U);
  ::close(reader);
  log::close();
}

}  // namespace
}  // namespace gannet::server
