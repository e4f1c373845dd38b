#include "account/accounts.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

namespace gannet::account {
namespace {

TEST(Accounts, HaveTheGlobalOneFromTheStart) {
  const Accounts accounts;
  EXPECT_EQ(accounts.size(), 1U);
  EXPECT_EQ(accounts.at(kGlobalIndex).name, "$G");
  EXPECT_EQ(accounts.at(kGlobalIndex).index, kGlobalIndex);
}

TEST(Accounts, StayWhereTheyAreWhileOthersAreAddedAndRead) {
  Accounts accounts;
  const Account* const first = &accounts.at(0);
  std::atomic<bool> is_over{false};
  std::thread reader([&accounts, &is_over] {
    while (!is_over.load()) {
      const std::uint32_t last = accounts.size() - 1;
      EXPECT_EQ(accounts.at(last).index, last);
    }
  });
  for (std::uint32_t i = 1; i < 5000; ++i)
    EXPECT_EQ(accounts.add("A" + std::to_string(i)).index, i);
  is_over = true;
  reader.join();
  EXPECT_EQ(&accounts.at(0), first);
  for (std::uint32_t i = 1; i < 5000; ++i)
    EXPECT_EQ(accounts.at(i).name, "A" + std::to_string(i));
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
