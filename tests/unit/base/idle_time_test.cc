#include "base/machine/idle_time.h"

#include "tests/unit/base/temp_folder.h"

#include <gtest/gtest.h>

#include <string>

#include <sched.h>
#include <unistd.h>

namespace gannet {
namespace {

// A processor that this test may run on.
std::string ownProcessor() {
  return "cpu" + std::to_string(sched_getcpu());
}

TEST(IdleTime, IsThatOfTheProcessorsThatMayBeUsed) {
  const TempFolder folder;
  const std::string file = folder.at("stat");
  const long second = sysconf(_SC_CLK_TCK);
  writeFile(file, "cpu  10 20 30 77 88 0 7 0 0 0\n" + ownProcessor() + " 1 2 3 " +
                      std::to_string(3 * second) + ' ' + std::to_string(2 * second) +
                      " 5 0 0\ncpu1023 1 2 3 400000 5\nintr 1 2 3 4 5 6\n");
  EXPECT_EQ(idleTime(file), std::chrono::seconds(5));
}

TEST(IdleTime, HoldsYearsOfManyProcessors) {
  const TempFolder folder;
  const std::string file = folder.at("stat");
  writeFile(file, ownProcessor() + " 1 2 3 10000000000 0\n");
  EXPECT_EQ(idleTime(file), std::chrono::seconds(10'000'000'000 / sysconf(_SC_CLK_TCK)));
}

TEST(IdleTime, IsUnknownWhereNothingTells) {
  const TempFolder folder;
  EXPECT_EQ(idleTime(folder.at("none")), std::nullopt);
  writeFile(folder.at("stat"), "cpu  1 2 3 4 5\n" + ownProcessor() + " 1 2\n");
  EXPECT_EQ(idleTime(folder.at("stat")), std::nullopt);
}

TEST(IdleTime, IsToldByThisKernel) {
  const auto idle = idleTime();
  ASSERT_TRUE(idle.has_value());
  EXPECT_GT(idle->count(), 0);
}

}  // namespace
}  // namespace gannet
