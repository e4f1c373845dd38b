#include "bench/topology.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace gannet::bench {
namespace {

TEST(Topology, DealsSubjectsLikeCards) {
  struct Row {
    std::size_t subjects, count, index;
    std::vector<std::size_t> dealt;
  };

  const Row rows[] = {
      {1, 1, 0, {0}}, {1, 3, 2, {0}}, {4, 2, 0, {0, 2}}, {4, 2, 1, {1, 3}},       {3, 2, 0, {0, 2}},
      {3, 2, 1, {1}}, {2, 4, 0, {0}}, {2, 4, 3, {1}},    {4, 1, 0, {0, 1, 2, 3}},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(testing::Message() << row.subjects << " to " << row.count << ", " << row.index);
    const Topology topology{.subjects = row.subjects};

    EXPECT_EQ(subjectsOf(topology, row.index, row.count), row.dealt);
  }
}

TEST(Topology, CountsTheDeliveriesThatItsSubscriptionsMake) {
  for (std::size_t subjects = 1; subjects <= 12; ++subjects) {
    for (std::size_t subscribers = 1; subscribers <= 12; ++subscribers) {
      const Topology topology{.subscribers = subscribers, .subjects = subjects};
      if (!validate(topology).has_value()) continue;
      SCOPED_TRACE(testing::Message() << subjects << " subjects, " << subscribers);
      std::vector<std::uint64_t> listeners(subjects);
      for (std::size_t i = 0; i < subscribers; ++i) {
        for (const std::size_t subject : subjectsOf(topology, i, subscribers)) {
          ++listeners[subject];
        }
      }

      for (const std::uint64_t count : listeners) {
        EXPECT_EQ(count, deliveriesPerMessage(topology));
      }
    }
  }
}

TEST(Topology, DeliversOnceToAQueueAndNeverWithoutSubscribers) {
  EXPECT_EQ(deliveriesPerMessage({.subscribers = 10, .is_queue = true}), 1U);
  EXPECT_EQ(deliveriesPerMessage({.subscribers = 0}), 0U);
}

TEST(Topology, RefusesSubscribersThatWouldNotShareEvenly) {
  EXPECT_TRUE(validate({.subscribers = 4, .subjects = 2}).has_value());
  EXPECT_TRUE(validate({.subscribers = 2, .subjects = 4}).has_value());
  EXPECT_TRUE(validate({.subscribers = 0, .subjects = 4}).has_value());
  EXPECT_FALSE(validate({.subscribers = 3, .subjects = 2}).has_value());
  EXPECT_FALSE(validate({.subscribers = 2, .subjects = 3}).has_value());
  EXPECT_FALSE(validate({.publishers = 0}).has_value());
  EXPECT_FALSE(validate({.subjects = 0}).has_value());
}

TEST(Topology, NamesSubjectsApartAndWithOneLength) {
  const Topology topology{.subjects = 101, .subject = "load"};
  std::set<std::string> names;
  for (std::size_t i = 0; i < topology.subjects; ++i) {
    const std::string name = subjectName(topology, i);
    EXPECT_EQ(name.size(), std::string("load.000").size());
    names.insert(name);
  }

  EXPECT_EQ(names.size(), topology.subjects);
  EXPECT_EQ(subjectName({.subjects = 1, .subject = "load"}, 0), "load");
}

TEST(Topology, SubscribesPlainlyOrInAQueueGroup) {
  EXPECT_EQ(subscriptions({.subscribers = 2}, 1), "SUB bench 1\r\n");
  EXPECT_EQ(subscriptions({.subscribers = 2, .is_queue = true}, 0), "SUB bench bench 1\r\n");
  EXPECT_EQ(subscriptions({.subscribers = 1, .subjects = 2}, 0),
            "SUB bench.0 0\r\nSUB bench.1 1\r\n");
}

TEST(Topology, SubscribesToWhateverStandsLastBelowASubject) {
  for (const LastToken last : {LastToken::same, LastToken::fresh}) {
    const Topology topology{.subscribers = 1, .subjects = 2, .last_token = last};

    EXPECT_EQ(subscriptions(topology, 0), "SUB bench.0.* 0\r\nSUB bench.1.* 1\r\n");
    EXPECT_EQ(publishedName(topology, 1), "bench.1.00000000");
    EXPECT_EQ(deliverySize(topology), std::string("MSG bench.1.00000000 0 0\r\n\r\n").size());
  }
}

TEST(Topology, KnowsTheLengthOfADelivery) {
  EXPECT_EQ(deliverySize({.subscribers = 1}), std::string("MSG bench 1 0\r\n\r\n").size());
  EXPECT_EQ(deliverySize({.subscribers = 1, .subjects = 11, .size = 10}),
            std::string("MSG bench.00 00 10\r\n0123456789\r\n").size());
}

}  // namespace
}  // namespace gannet::bench
