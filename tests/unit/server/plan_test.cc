#include "server/message/plan.h"

#include "server/message/subscription.h"
#include "subject/interest.h"
#include "subject/match_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace gannet::server {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

// Subscriptions without sessions, as far as a plan looks at them.
class PlanTest : public testing::Test {
 public:
  ~PlanTest() override {
    for (const auto& sub : subs)
      interest.erase(*sub);
  }

 protected:
  Subscription& add(std::string_view pattern, std::string_view queue, ShardId shard,
                    std::string_view sid) {
    auto& sub = *subs.emplace_back(std::make_unique<Subscription>());
    sub.shard = shard;
    sub.id = {shard, static_cast<std::uint32_t>(subs.size()), 1};
    sub.sid = sid;
    EXPECT_TRUE(interest.insert(pattern, queue, sub).has_value());
    return sub;
  }

  Plan planOf(std::string_view subject, ShardId self = 0, bool is_class = false) {
    subject::Match match;
    return interest.withMatch(subject, match, [&](const subject::Match& found, std::uint64_t) {
      return makePlan({subject, is_class}, found, self);
    });
  }

  subject::Interest interest;
  std::vector<std::unique_ptr<Subscription>> subs;
};

TEST_F(PlanTest, IsSilentWhenNobodyListens) {
  add("a.b", "", 0, "1");
  const Plan plan = planOf("a.c");
  EXPECT_TRUE(plan.isSilent());
  EXPECT_EQ(plan.fanOut(), 0U);
}

TEST_F(PlanTest, RendersTheStartOfEachLine) {  // client-protocol §4.3
  add("a.*", "", 0, "1");
  add(">", "", 0, "sid-two");
  const Plan plan = planOf("a.b");
  ASSERT_EQ(plan.clients.size(), 2U);
  std::set<std::string> heads;
  for (const ClientTarget& target : plan.clients) {
    heads.emplace(plan.head(target).view());
    EXPECT_EQ(target.to->session, nullptr);
  }
  EXPECT_EQ(heads, (std::set<std::string>{"HMSG a.b 1 ", "HMSG a.b sid-two "}));
  EXPECT_FALSE(plan.isSilent());
}

TEST_F(PlanTest, KnowsWhereTheSidStandsInALine) {
  add("a.*", "", 0, "sid");
  const Plan plan = planOf("a.b");
  EXPECT_EQ(plan.head(plan.clients[0]).substr(plan.lead_size).view(), "sid ");
}

TEST_F(PlanTest, NamesEachOtherShardOnce) {
  add("a", "", 1, "1");
  add("a", "", 1, "2");
  add("*", "", 2, "1");
  add("a", "", 0, "1");
  const Plan plan = planOf("a");
  EXPECT_EQ(plan.clients.size(), 1U);
  EXPECT_EQ(std::multiset<ShardId>(plan.rest->shards.begin(), plan.rest->shards.end()),
            (std::multiset<ShardId>{1, 2}));

  const Plan seen_from_one = planOf("a", 1);
  EXPECT_EQ(seen_from_one.clients.size(), 2U);
  EXPECT_EQ(seen_from_one.rest->shards.size(), 2U);
}

TEST_F(PlanTest, KeepsQueueGroupsApartByName) {
  add("a", "q", 0, "1");
  add("a", "q", 0, "2");
  add("a", "r", 0, "3");
  add("*", "q", 0, "4");  // a group goes by its name, whatever the pattern
  const Plan plan = planOf("a");
  std::multiset<std::size_t> sizes;
  for (const auto& group : plan.rest->groups)
    sizes.insert(group.members.size());
  EXPECT_EQ(sizes, (std::multiset<std::size_t>{1, 3}));
  EXPECT_TRUE(plan.clients.empty());
  EXPECT_EQ(plan.fanOut(), 2U);
}

TEST_F(PlanTest, NamesInternalReceiversOfThisShardAndOfEveryShard) {
  const InternalHandler handler{[](void*, Shard&, const Publication&) {}, nullptr};
  Subscription& everywhere = add("x", "", kEveryShard, "");
  Subscription& here = add("x", "", 0, "");
  Subscription& elsewhere = add("x", "", 1, "");
  for (Subscription* const sub : {&everywhere, &here, &elsewhere})
    sub->internal = handler;
  const Plan plan = planOf("x");
  ASSERT_NE(plan.rest, nullptr);
  EXPECT_THAT(plan.rest->internals, UnorderedElementsAre(everywhere.id, here.id));
  EXPECT_THAT(plan.rest->shards, ElementsAre(1));
  EXPECT_TRUE(plan.clients.empty());
}

TEST_F(PlanTest, RendersTheSidAloneForAClassOfSubjects) {
  add("a.*", "", 0, "sid");
  add("a.*", "q", 0, "2");
  const Plan plan = planOf("a.b", 0, true);
  EXPECT_EQ(plan.lead_size, 0U);
  EXPECT_EQ(plan.head(plan.clients[0]).view(), "sid ");
  const Group& group = plan.rest->groups[0];
  EXPECT_EQ(plan.head(group.members[0].client).view(), "2 ");
  EXPECT_EQ(plan.nameOf(group), "q");
}

TEST_F(PlanTest, CountsMoreBytesForMoreReceivers) {
  add("a", "", 0, "1");
  const std::size_t one = planOf("a").bytes();
  EXPECT_GE(one, sizeof(Plan));
  for (int i = 0; i < 1000; ++i)
    add("a", "", 0, "sid" + std::to_string(i));
  EXPECT_GE(planOf("a").bytes(), one + 1000 * (sizeof(ClientTarget) + 10));
}

}  // namespace
}  // namespace gannet::server
