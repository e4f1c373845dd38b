#include "server/shards/pick_movers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace gannet::server {
namespace {

using std::chrono::nanoseconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// A publisher of `messages` in large reads, and a receiver of as many, which hears from `sender`.
Activity publisher(std::uint64_t messages) {
  return {.work = nanoseconds(messages * 23)};
}

Activity receiver(std::uint64_t messages, std::size_t sender) {
  return {.work = nanoseconds(messages * 33), .sender = sender};
}

// One that asks, or answers, one message at a time.
Activity talker(std::uint64_t messages, std::size_t sender) {
  return {.work = nanoseconds(messages * 6050), .sender = sender};
}

nanoseconds half(const std::vector<Activity>& connections) {
  nanoseconds sum{0};
  for (const Activity& activity : connections)
    sum += activity.work;
  return sum / 2;
}

std::vector<std::size_t> picked(const std::vector<Activity>& connections) {
  return pickMovers(connections, half(connections));
}

TEST(PickMovers, LeavesOneConnectionAlone) {
  EXPECT_THAT(picked({}), IsEmpty());
  EXPECT_THAT(picked({publisher(1000)}), IsEmpty());
}

TEST(PickMovers, DividesPublishersThatNobodyHears) {
  EXPECT_THAT(picked({publisher(1000), publisher(1000)}), SizeIs(1));
}

TEST(PickMovers, KeepsAPublisherWithItsReceiver) {
  EXPECT_THAT(picked({publisher(1000), receiver(1000, 0)}), IsEmpty());
  EXPECT_THAT(picked({publisher(1000), publisher(1000), receiver(1000, 0), receiver(1000, 1)}),
              testing::AnyOf(ElementsAre(0, 2), ElementsAre(1, 3)));
}

TEST(PickMovers, TakesALittleMoreThanTheExcess) {
  const std::vector<Activity> connections{publisher(1000), publisher(1000)};
  EXPECT_THAT(pickMovers(connections, half(connections) * 9 / 10), SizeIs(1));
  EXPECT_THAT(pickMovers(connections, half(connections) * 5 / 10), IsEmpty());
}

TEST(PickMovers, TakesNoMoreThanCanMoveAtOnce) {
  const std::vector<Activity> crowd(10'000, publisher(10));
  EXPECT_THAT(picked(crowd), IsEmpty());  // too few of so many would bring no relief
  const std::vector<Activity> smaller(900, publisher(10));
  EXPECT_THAT(picked(smaller), SizeIs(256));
}

TEST(PickMovers, TakesOneOfTwoUnequalPairs) {
  EXPECT_THAT(picked({publisher(1000), publisher(800), receiver(1000, 0), receiver(800, 1)}),
              ElementsAre(0, 2));
}

TEST(PickMovers, JoinsThoseWhoTalkThroughOthers) {
  // 1 hears from 0, 2 from 1, 4 from 3.
  EXPECT_THAT(picked({talker(10, Activity::kNobody), talker(10, 0), talker(10, 1), talker(14, 3),
                      talker(14, 3)}),
              ElementsAre(0, 1, 2));
}

TEST(PickMovers, DoesNotDivideTheReceiversOfOnePublisher) {
  std::vector<Activity> connections{publisher(1000)};
  for (int i = 0; i < 10; ++i)
    connections.push_back(receiver(1000, 0));
  EXPECT_THAT(picked(connections), IsEmpty());
}

TEST(PickMovers, DoesNotDivideThoseWhoAskOneService) {
  std::vector<Activity> connections{talker(1000, 1)};
  for (int i = 0; i < 10; ++i)
    connections.push_back(talker(100, 0));
  EXPECT_THAT(picked(connections), IsEmpty());
}

TEST(PickMovers, DoesNotDivideManyPublishersFromTheirOneReceiver) {
  std::vector<Activity> connections{receiver(4000, 1)};
  for (int i = 0; i < 4; ++i)
    connections.push_back(publisher(1000));
  for (std::size_t i = 1; i < connections.size(); ++i)
    connections[i].receiver = 0;
  EXPECT_THAT(picked(connections), IsEmpty());
}

TEST(PickMovers, LeavesWhoIsBoundWithTheirComponent) {
  std::vector<Activity> connections{publisher(1000), publisher(1000), receiver(1000, 0),
                                    receiver(1000, 1)};
  connections[2].is_bound = true;
  EXPECT_THAT(picked(connections), ElementsAre(1, 3));
  connections[1].is_bound = true;
  EXPECT_THAT(picked(connections), IsEmpty());
}

TEST(PickMovers, DoesNotMoveATrifle) {
  EXPECT_THAT(picked({publisher(1000), publisher(10)}), IsEmpty());
}

TEST(PickMovers, StopsWhenEnoughLeaves) {
  std::vector<Activity> connections{publisher(1000), publisher(1000)};
  for (int i = 0; i < 100; ++i)
    connections.push_back(publisher(1));
  EXPECT_LE(picked(connections).size(), 52U);
  EXPECT_GE(picked(connections).size(), 1U);
}

}  // namespace
}  // namespace gannet::server
