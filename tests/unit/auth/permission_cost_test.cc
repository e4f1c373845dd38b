// The promises of verdicts: no allocation, and a cost that does not follow the number of entries.

#include "auth/permission_set.h"
#include "tests/unit/linear_cost.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <vector>

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

}  // namespace

// The whole test program allocates through these: the other forms of new and delete call them.
void* operator new(std::size_t size) {
  if (watch().is_on) ++watch().allocations;
  void* const memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) std::abort();
  return memory;
}

void* operator new[](std::size_t size) {
  return operator new(size);
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

namespace gannet::auth {
namespace {

// `count` entries of several shapes in each list.
PermissionSet setOf(int count) {
  PermissionRules rules;
  rules.publish.allow.emplace();
  rules.subscribe.allow.emplace();
  rules.responses.emplace();
  const char* const shapes[] = {"orders.#.created", "#.*.events.>", "app.#.*", "metrics.eu.#.>"};
  for (int i = 0; i < count; ++i) {
    std::string entry = shapes[i % 4];
    entry.replace(entry.find('#'), 1, "name" + std::to_string(i));
    rules.publish.allow->push_back(entry);
    rules.publish.deny.push_back(entry + "x");
    rules.subscribe.allow->push_back(entry);
    rules.subscribe.allow->push_back(entry + " workers." + std::to_string(i));
    rules.subscribe.deny.push_back("not." + entry);
  }
  std::erase_if(rules.publish.deny, [](const std::string& entry) { return entry.ends_with(">x"); });
  return PermissionSet::compile(rules).value();
}

const std::string kSubjects[] = {"orders.name4.created",
                                 "name1.x.events.y.z",
                                 "metrics.eu.name3.cpu.load",
                                 "app.name2.anything",
                                 "no.such.subject.at.all",
                                 "a..b",
                                 "orders.name4.createdx",
                                 "$NRG.x",
                                 "_INBOX.q7Vh2YxSxlPnCJp1kVlN3d.q7Vh2YxSxlPnCJp1kVlN9z.1"};

void judgeAll(const PermissionSet& set) {
  for (const std::string& subject : kSubjects) {
    static_cast<void>(set.publish(subject));
    static_cast<void>(set.mayReplyTo(subject));
    static_cast<void>(set.maySubscribe(subject, "workers.4"));
    static_cast<void>(set.mayDeliver(subject, "workers.4"));
  }
  static_cast<void>(set.maySubscribe("metrics.>", ""));
  static_cast<void>(set.maySubscribe("*.*", "workers.4"));
}

TEST(PermissionCost, IsSeenByTheCounter) {  // the test can fail
  watch() = {true, 0};
  const auto made = std::make_unique<std::string>(100, 'x');
  watch().is_on = false;
  EXPECT_EQ(made->size(), 100U);
  EXPECT_EQ(watch().allocations, 2U);
}

TEST(PermissionCost, IsNoAllocation) {
  const PermissionSet set = setOf(100);
  ASSERT_TRUE(set.mayPublish(kSubjects[0]));
  ASSERT_TRUE(set.mayPublish(kSubjects[2]));
  ASSERT_EQ(set.publish(kSubjects[4]).permission, Permission::as_response);
  watch() = {true, 0};
  judgeAll(set);
  judgeAll(everyones());
  watch().is_on = false;
  EXPECT_EQ(watch().allocations, 0U);
}

// 200 times the entries would take 200 times as long if they were tried one after the other; colder
// memory makes the larger set up to a few times slower.
TEST(PermissionCost, DoesNotFollowTheNumberOfEntries) {
  const auto costOf = [](int count) {
    const PermissionSet set = setOf(count);
    return leastCost([&set] {
      for (int i = 0; i < 2000; ++i) {
        for (const std::string& subject : kSubjects)
          static_cast<void>(set.publish(subject));
      }
    });
  };
  EXPECT_LT(costOf(1000), 10 * costOf(5));
}

}  // namespace
}  // namespace gannet::auth
