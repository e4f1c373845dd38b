#include "auth/permission_pool.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace gannet::auth {
namespace {

std::vector<PermissionRules> differentRules() {
  using Entries = std::vector<std::string>;
  std::vector<PermissionRules> all(12);
  all[0].publish.allow = Entries{};
  all[1].publish.allow = Entries{"a"};
  all[2].publish.deny = {"a"};
  all[3].subscribe.allow = Entries{"a"};
  all[4].subscribe.deny = {"a"};
  all[5].publish.allow = Entries{"a", "b"};
  all[6].publish.allow = Entries{"a"};
  all[6].publish.deny = {"b"};
  all[7].publish.allow = Entries{"ab"};
  all[8].responses.emplace();
  all[9].responses = ResponseRule{.max = 2};
  all[10].responses = ResponseRule{.expires = std::chrono::seconds(1)};
  all[11].subscribe.allow = Entries{"a", "b"};
  return all;
}

TEST(PermissionPool, SharesTheSetOfEqualRules) {
  PermissionPool pool;
  const auto first = pool.setOf(differentRules()[6]);
  const auto again = pool.setOf(differentRules()[6]);
  ASSERT_TRUE(first);
  EXPECT_EQ(*first, *again);
  EXPECT_FALSE((*first)->mayPublish("b"));
  EXPECT_EQ(pool.size(), 1U);
}

TEST(PermissionPool, TellsRulesApart) {
  PermissionPool pool;
  std::vector<const PermissionSet*> sets;
  for (const PermissionRules& rules : differentRules())
    sets.push_back(pool.setOf(rules).value());
  EXPECT_EQ(pool.size(), sets.size());
  for (std::size_t i = 0; i < sets.size(); ++i)
    EXPECT_EQ(pool.setOf(differentRules()[i]).value(), sets[i]);
}

TEST(PermissionPool, HashesDifferentRulesDifferently) {
  const auto rules = differentRules();
  const PermissionRulesHash hash;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    EXPECT_EQ(hash(rules[i]), hash(differentRules()[i]));
    for (std::size_t k = 0; k < i; ++k)
      EXPECT_NE(hash(rules[i]), hash(rules[k])) << i << " and " << k;
  }
}

TEST(PermissionPool, GivesUsersWithoutRulesWhatEveryoneHas) {
  PermissionPool pool;
  EXPECT_EQ(pool.setOf({}).value(), &everyones());
  EXPECT_EQ(pool.size(), 0U);
}

TEST(PermissionPool, KeepsNothingOfRulesThatAreWrong) {
  PermissionPool pool;
  PermissionRules rules;
  rules.publish.deny = {"a..b"};
  EXPECT_EQ(pool.setOf(rules).error().text, R"(subject "a..b" is not a valid subject)");
  EXPECT_EQ(pool.size(), 0U);
}

}  // namespace
}  // namespace gannet::auth
