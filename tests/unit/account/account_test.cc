#include "account/account.h"

#include <gtest/gtest.h>

namespace gannet::account {
namespace {

TEST(Account, IsTheGlobalOneUnlessItIsNamed) {
  const Account account;
  EXPECT_EQ(account.name, "$G");
  EXPECT_EQ(account.index, 0U);
}

TEST(Account, KeepsItsInterestToItself) {
  Account first;
  Account second;
  subject::Receiver receiver;
  ASSERT_TRUE(first.interest.insert("orders.*", "", receiver).has_value());

  EXPECT_TRUE(first.interest.any("orders.new"));
  EXPECT_FALSE(second.interest.any("orders.new"));
  first.interest.erase(receiver);
  EXPECT_FALSE(first.interest.any("orders.new"));
}

}  // namespace
}  // namespace gannet::account
