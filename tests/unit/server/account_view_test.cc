#include "server/state/account_view.h"

#include "auth/permission_set.h"
#include "server/delivery/publish.h"
#include "server/state/shard.h"
#include "tests/unit/server/still_shards.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace gannet::server {
namespace {

using auth::Permission;

constexpr std::uint32_t kManyAccounts = 10'000;

auth::PermissionSet publishing(std::vector<std::string> allowed) {
  auth::PermissionRules rules;
  rules.publish.allow = std::move(allowed);
  return auth::PermissionSet::compile(rules).value();
}

TEST(AccountViews, AreMadeWhenTheyAreAskedFor) {
  StillShards shards(2);
  for (std::uint32_t i = 1; i < kManyAccounts; ++i)
    shards.shared().accounts.add("A" + std::to_string(i));
  AccountViews& views = shards.shard(0).accounts;
  const std::size_t before = views.count();
  AccountView& view = views.at(kManyAccounts - 1);
  EXPECT_EQ(&views.at(kManyAccounts - 1), &view);
  EXPECT_EQ(view.account.name, "A9999");
  EXPECT_EQ(views.count(), before + 1);
  EXPECT_LE(shards.shard(1).accounts.count(), 1U);
}

// A turn looks at the accounts that its messages are for, and at no other: that the interest of
// 10,000 others has changed is found out by whoever uses them next.
TEST(AccountViews, AreSynchronisedWhereTheyAreUsed) {
  StillShards shards(1);
  Shard& shard = shards.shard();
  std::vector<Subscription> subs(kManyAccounts);
  std::vector<std::uint64_t> epochs;
  for (std::uint32_t i = 1; i < kManyAccounts; ++i) {
    AccountView& view = shard.accounts.at(shards.shared().accounts.add(std::to_string(i)).index);
    planFor(shard, view, "a");
    epochs.push_back(view.plans.epoch());
    EXPECT_TRUE(view.account.interest.insert("a", "", subs[i]).has_value());
  }

  StillClient client = shards.login();
  client.send("SUB b 1\r\nPUB b 0\r\n\r\n");
  shards.settle();

  EXPECT_EQ(client.take(), "MSG b 1 0\r\n\r\n");
  for (std::uint32_t i = 1; i < kManyAccounts; ++i) {
    AccountView& view = shard.accounts.at(i);
    EXPECT_EQ(view.plans.epoch(), epochs[i - 1]) << "its plans were touched";
    view.account.interest.erase(subs[i]);
  }
}

TEST(AccountViews, ShareOneBoundOfPlans) {
  account::Accounts accounts;
  AccountViews views(accounts, {.entries = 10, .bytes = 1'000'000});
  StillShards shards(1);
  std::size_t entries = 0;
  for (std::uint32_t i = 1; i <= 20; ++i) {
    AccountView& view = views.at(accounts.add(std::to_string(i)).index);
    for (int subject = 0; subject < 5; ++subject)
      planFor(shards.shard(), view, "a." + std::to_string(subject) + ".");  // in no class
  }
  views.forEach([&entries](const AccountView& view) { entries += view.plans.stats().entries; });
  EXPECT_EQ(entries, 10U);
  EXPECT_GT(views.bytes(), 0U);
  views.forgetPlans();
  EXPECT_LT(views.bytes(), 10'000U);
}

TEST(AccountViews, KeepAccountsApart) {
  StillShards shards(2);
  const std::uint32_t other = shards.shared().accounts.add("OTHER").index;
  StillClient first = shards.login(0);
  StillClient second = shards.login(0);
  StillClient third = shards.login(1);
  second.session.bind(shards.shard(0).accounts.at(other), auth::everyones());
  third.session.bind(shards.shard(1).accounts.at(other), auth::everyones());
  first.send("SUB > 1\r\n");
  third.send("SUB > 3\r\n");
  shards.settle();
  second.send("PUB a 0\r\n\r\n");
  shards.settle();
  EXPECT_EQ(first.take(), "");
  EXPECT_EQ(third.take(), "MSG a 3 0\r\n\r\n");
  first.send("PUB b 0\r\n\r\n");
  shards.settle();
  EXPECT_EQ(first.take(), "MSG b 1 0\r\n\r\n");
  EXPECT_EQ(third.take(), "");
}

TEST(PublishMemo, IsSharedByTheSessionsOfASetInAnAccountAndGoesWithTheLast) {
  const auth::PermissionSet set = publishing({"a.>"});
  StillShards shards(1);
  AccountView& view = shards.shard().accounts.at(account::kGlobalIndex);
  {
    StillClient first = shards.login();
    StillClient second = shards.login();
    first.session.bind(view, set);
    second.session.bind(view, set);
    EXPECT_EQ(first.session.memo, second.session.memo);
    EXPECT_EQ(view.memos.size(), 1U);
    first.session.bind(view, auth::everyones());
    EXPECT_EQ(first.session.memo, &view.everyones_memo);
    EXPECT_EQ(view.memos.size(), 1U);
    second.session.bind(view, auth::everyones());
  }
  EXPECT_EQ(view.memos.size(), 0U);
}

TEST(PublishMemo, TellsPermissionAndPlanUntilTheInterestChanges) {
  const auth::PermissionSet set = publishing({"a.>"});
  StillShards shards(1);
  StillClient client = shards.login();
  AccountView& view = *client.session.account;
  client.session.bind(view, set);
  const auto verdict = [&](std::string_view subject) {
    return verdictFor(shards.shard(), view, *client.session.memo, subject);
  };
  EXPECT_EQ(verdict("b.c").permission, Permission::denied);
  const Verdict allowed = verdict("a.b");
  EXPECT_EQ(allowed.permission, Permission::allowed);
  EXPECT_EQ(verdict("a.b").plan, allowed.plan);
  EXPECT_NE(client.session.memo->find("a.b", view.plans.epoch()), nullptr);

  client.send("SUB a.b 1\r\n");
  shards.settle();
  view.sync();
  EXPECT_EQ(client.session.memo->find("a.b", view.plans.epoch()), nullptr);
  EXPECT_FALSE(verdict("a.b").plan->isSilent());
  client.session.bind(view, auth::everyones());  // `set` ends before the shards
}

TEST(PublishMemo, DoesNotRememberSubjectsThatAreLonger) {
  PublishMemo memo(auth::everyones());
  const std::string longer(65, 'x');
  memo.remember(longer, 1, {});
  EXPECT_EQ(memo.find(longer, 1), nullptr);
  memo.remember(longer.substr(1), 1, {});
  EXPECT_NE(memo.find(longer.substr(1), 1), nullptr);
  EXPECT_EQ(memo.find(longer.substr(1), 2), nullptr);
  EXPECT_EQ(memo.find("", 1), nullptr);
}

TEST(ClassPlans, ServeRepliesThatOccurOnceFromOnePlan) {
  StillShards shards(2);
  StillClient near = shards.login(0);
  StillClient far = shards.login(1);
  near.send("SUB _INBOX.n.* 7\r\n");
  far.send("SUB _INBOX.f.* 8\r\n");
  shards.settle();
  StillClient publisher = shards.login(0, R"("headers":true)");
  const auto plans = [&shards](std::size_t shard) {
    return shards.shard(shard).accounts.at(0).plans.stats();
  };
  const std::size_t before[] = {plans(0).entries, plans(1).entries};
  for (int i = 0; i < 100; ++i) {
    const std::string number = std::to_string(i);
    publisher.send("PUB _INBOX.n." + number + " 2\r\nhi\r\nHPUB _INBOX.f." + number +
                   " r 12 14\r\nNATS/1.0\r\n\r\nhi\r\n");
    shards.settle();
    EXPECT_EQ(near.take(), "MSG _INBOX.n." + number + " 7 2\r\nhi\r\n");
    EXPECT_EQ(far.take(), "MSG _INBOX.f." + number + " 8 r 2\r\nhi\r\n");  // no header support
  }
  EXPECT_LE(plans(0).entries, before[0] + 2);
  EXPECT_LE(plans(1).entries, before[1] + 1);
}

}  // namespace
}  // namespace gannet::server
