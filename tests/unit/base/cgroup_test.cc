#include "base/machine/cgroup.h"

#include "temp_folder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace gannet {
namespace {

class Cgroup : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) const {
    const std::filesystem::path path = std::filesystem::path(files().mount) / name;
    std::filesystem::create_directories(path.parent_path());
    writeFile(path, text);
  }

  void belongTo(const std::string& lines) const { writeFile(files().membership, lines); }

  [[nodiscard]] CgroupFiles files() const { return {folder_.at("sys"), folder_.at("membership")}; }

  [[nodiscard]] CgroupLimits limits() const { return readCgroupLimits(files()); }

 private:
  TempFolder folder_;
};

TEST_F(Cgroup, LimitsNothingWhereThereIsNone) {
  EXPECT_FALSE(limits().memory_bytes.has_value());
  EXPECT_FALSE(limits().cpus.has_value());
}

TEST_F(Cgroup, TakesTheLowestOfTheOwnGroupAndThoseAround) {
  belongTo("0::/a.slice/b.service\n");
  write("a.slice/memory.max", "5000\n");
  write("a.slice/b.service/memory.max", "9000\n");
  write("a.slice/cpu.max", "max 100000\n");
  write("a.slice/b.service/cpu.max", "150000 100000\n");
  write("other/memory.max", "1\n");
  EXPECT_EQ(limits().memory_bytes, 5000);
  EXPECT_EQ(limits().cpus, 1.5);
}

TEST_F(Cgroup, ReadsTheRootThatAContainerSees) {
  belongTo("0::/\n");
  write("memory.max", "max\n");
  write("cpu.max", "200000 100000\n");
  EXPECT_FALSE(limits().memory_bytes.has_value());
  EXPECT_EQ(limits().cpus, 2);
}

TEST_F(Cgroup, ReadsVersionOne) {
  belongTo("9:name=systemd:/x\n4:memory:/m/n\n2:cpu,cpuacct:/c\n0::/\n");
  write("memory/m/n/memory.limit_in_bytes", "7000\n");
  write("cpu/c/cpu.cfs_quota_us", "50000\n");
  write("cpu/c/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(limits().memory_bytes, 7000);
  EXPECT_EQ(limits().cpus, 0.5);
  write("cpu/c/cpu.cfs_quota_us", "-1\n");
  EXPECT_FALSE(limits().cpus.has_value());
}

TEST_F(Cgroup, SurvivesNonsense) {
  belongTo("::\n:\nnothing\n0:cpu\n0::\n");
  write("memory.max", "-12\n");
  write("cpu.max", "100000 0\n");
  EXPECT_FALSE(limits().memory_bytes.has_value());
  EXPECT_FALSE(limits().cpus.has_value());
}

}  // namespace
}  // namespace gannet
