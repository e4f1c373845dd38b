#include "base/machine/idle_time.h"

#include "tests/unit/base/temp_folder.h"

#include <gtest/gtest.h>

#include <fstream>

#include <unistd.h>

namespace gannet {
namespace {

TEST(IdleTime, IsThatOfAllProcessorsTogether) {
  const TempFolder folder;
  const std::string file = folder.at("stat");
  const long second = sysconf(_SC_CLK_TCK);
  std::ofstream(file) << "cpu  10 20 30 " << 3 * second << ' ' << 2 * second
                      << " 0 7 0 0 0\ncpu0 1 2 3 4 5\n";
  EXPECT_EQ(machineIdleTime(file), std::chrono::seconds(5));
}

TEST(IdleTime, IsUnknownWhereNothingTells) {
  const TempFolder folder;
  EXPECT_EQ(machineIdleTime(folder.at("none")), std::nullopt);
  const std::string file = folder.at("stat");
  std::ofstream(file) << "cpu  1 2\n";
  EXPECT_EQ(machineIdleTime(file), std::nullopt);
}

TEST(IdleTime, IsToldByThisKernel) {
  const auto idle = machineIdleTime();
  ASSERT_TRUE(idle.has_value());
  EXPECT_GT(idle->count(), 0);
}

}  // namespace
}  // namespace gannet
