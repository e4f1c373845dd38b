// The promise of the publish path: with its plan cached, a message takes no lock.

#include "tests/unit/server/running_shards.h"

#include <gtest/gtest.h>

#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include <dlfcn.h>
#include <pthread.h>

// ThreadSanitizer brings functions of its own in these places.
#if defined(__SANITIZE_THREAD__)
constexpr bool kCounts = false;
#else
constexpr bool kCounts = true;

namespace {

// Of one thread: locks taken while it was on.
struct Watch {
  bool is_on = false;
  int locks = 0;
};

Watch& watch() {
  thread_local Watch own;
  return own;
}

template <class Lock>
int take(const char* name, Lock* lock) {
  if (watch().is_on) ++watch().locks;
  const auto real = reinterpret_cast<int (*)(Lock*)>(::dlsym(RTLD_NEXT, name));
  return real(lock);
}

}  // namespace

// The whole test program locks through these.
extern "C" {

int pthread_mutex_lock(pthread_mutex_t* mutex) {
  return take("pthread_mutex_lock", mutex);
}

int pthread_rwlock_rdlock(pthread_rwlock_t* lock) {
  return take("pthread_rwlock_rdlock", lock);
}

int pthread_rwlock_wrlock(pthread_rwlock_t* lock) {
  return take("pthread_rwlock_wrlock", lock);
}
}
#endif

namespace gannet::server {
namespace {

#if defined(__SANITIZE_THREAD__)
void beginCounting() {}

int endCounting() {
  return 0;
}
#else
void beginCounting() {
  watch() = {true, 0};
}

int endCounting() {
  watch().is_on = false;
  return watch().locks;
}
#endif

// What the first shard locks while `work` goes on.
template <class F>
int locksDuring(RunningShards& shards, F work) {
  int locks = 0;
  shards.on(0, [](Shard&) { beginCounting(); });
  work();
  shards.on(0, [&locks](Shard&) { locks = endCounting(); });
  return locks;
}

TEST(PublishLock, IsSeenByTheCounter) {  // the test can fail
  if (!kCounts) GTEST_SKIP() << "ThreadSanitizer takes the locks itself";
  RunningShards shards;
  shards.start();
  std::mutex mutex;
  std::shared_mutex shared;
  const int locks = locksDuring(shards, [&] {
    shards.on(0, [&](Shard&) {
      const std::lock_guard one(mutex);
      const std::shared_lock other(shared);
    });
  });
  EXPECT_EQ(locks, 2);
}

TEST(PublishLock, IsNoneWhileThePlanIsCached) {
  if (!kCounts) GTEST_SKIP() << "ThreadSanitizer takes the locks itself";
  RunningShards shards;
  shards.start();
  Client receiver = shards.login();
  receiver.send("SUB a.* 1\r\n");
  receiver.flush();
  Client publisher = shards.login();
  const std::string_view delivered = "MSG a.b 1 2\r\nhi\r\nMSG a.c 1 2\r\nhi\r\n";
  const auto publish = [&] {
    publisher.send("PUB a.b 2\r\nhi\r\nPUB a.c 2\r\nhi\r\nPUB nobody 0\r\n\r\n");
    EXPECT_EQ(receiver.read(delivered.size()), delivered);
    publisher.flush();
  };
  publish();  // makes the plans
  const int locks = locksDuring(shards, [&] {
    for (int i = 0; i < 1000; ++i)
      publish();
  });
  EXPECT_EQ(locks, 0);
}

}  // namespace
}  // namespace gannet::server
