#include "net/outside_mail.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

namespace gannet::net {
namespace {

TEST(OutsideMail, IsTakenInTheOrderInWhichItCame) {
  OutsideMail mail;
  std::vector<int> got;
  for (int i = 0; i < 5; ++i)
    mail.add(Task([&got, i] { got.push_back(i); }));
  mail.takeAll([](Task task) { task(); });
  EXPECT_EQ(got, (std::vector{0, 1, 2, 3, 4}));
  mail.takeAll([](const Task& /*task*/) { ADD_FAILURE(); });
}

TEST(OutsideMail, DestroysWhatNobodyTakes) {
  const auto captured = std::make_shared<int>(0);
  {
    OutsideMail mail;
    for (int i = 0; i < 3; ++i)
      mail.add(Task([captured] {}));
    EXPECT_EQ(captured.use_count(), 4);
  }
  EXPECT_EQ(captured.use_count(), 1);
}

TEST(OutsideMail, LosesNothingBetweenThreads) {
  constexpr int kSenders = 4;
  constexpr int kEach = 20'000;
  OutsideMail mail;
  std::vector<std::vector<int>> got(kSenders);  // by sender, which keeps its order
  std::vector<std::thread> senders;
  for (std::size_t sender = 0; sender < kSenders; ++sender) {
    senders.emplace_back([&, sender] {
      for (int i = 0; i < kEach; ++i)
        mail.add(Task([&got, sender, i] { got[sender].push_back(i); }));
    });
  }
  int taken = 0;
  while (taken < kSenders * kEach) {
    mail.takeAll([&taken](Task task) {
      task();
      ++taken;
    });
  }
  for (std::thread& sender : senders)
    sender.join();
  for (const auto& from_one : got) {
    ASSERT_EQ(from_one.size(), std::size_t{kEach});
    for (int i = 0; i < kEach; ++i)
      EXPECT_EQ(from_one[static_cast<std::size_t>(i)], i);
  }
}

}  // namespace
}  // namespace gannet::net
