#include "base/log/file.h"
#include "tests/unit/base/temp_folder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

namespace gannet::log {
namespace {

constexpr LineStyle kStyle{.has_time = false, .zone = Zone::utc, .pid = 1};

// 2026-11-04 12:02:09 UTC plus `step` seconds: every write has a time of its own.
WallTime at(int step) {
  return WallTime{std::chrono::seconds(1793793729 + step)};
}

std::string stamp(int step) {
  return backupName("", at(step)).substr(1);
}

class FileLog : public testing::Test {
 protected:
  std::unique_ptr<FileDestination> open(FileLimits limits, int step = 0) {
    auto opened = FileDestination::open(path(), limits, kStyle, at(step));
    EXPECT_TRUE(opened.has_value());
    return std::move(*opened);
  }

  [[nodiscard]] std::string path() const { return folder_.at("n.log"); }

  [[nodiscard]] std::string backup(int step) const { return path() + "." + stamp(step); }

  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      names.push_back(entry.path().filename());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  TempFolder folder_;
};

TEST_F(FileLog, IsCreatedForItsOwnerAndReadableByItsGroup) {
  ::umask(0);
  open({})->write({Level::info, at(0), "hello"});

  struct stat status {};

  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640U);
  EXPECT_EQ(readFile(path()), "[1] [INF] hello\n");
}

TEST_F(FileLog, IsAppendedTo) {
  writeFile(path(), "old\n");

  open({})->write({Level::error, at(0), "new"});

  EXPECT_EQ(readFile(path()), "old\n[1] [ERR] new\n");
}

TEST_F(FileLog, NamesTheFileThatCannotBeOpened) {
  const std::string missing = folder_.at("missing/n.log");
  const auto opened = FileDestination::open(missing, {}, kStyle, at(0));
  const auto folder = FileDestination::open(folder_.path(), {}, kStyle, at(0));

  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().text,
            "error opening file: open " + missing + ": no such file or directory");
  ASSERT_FALSE(folder.has_value());
  EXPECT_EQ(folder.error().text,
            "error opening file: open " + folder_.path().string() + ": is a directory");
}

TEST_F(FileLog, RotatesAfterTheLineThatExceedsTheLimit) {  // config-and-cli §7.2
  const auto file = open({.size_bytes = 30});

  file->write({Level::info, at(1), "123456789 123456789"});  // 30 bytes with its line end: fits
  EXPECT_EQ(files(), std::vector<std::string>{"n.log"});
  file->write({Level::info, at(2), "x"});

  EXPECT_EQ(readFile(backup(2)), "[1] [INF] 123456789 123456789\n[1] [INF] x\n");
  EXPECT_EQ(readFile(path()), "[1] [INF] Rotated log, backup saved as \"" + backup(2) + "\"\r\n");
}

TEST_F(FileLog, CountsWhatTheFileHeldBefore) {
  writeFile(path(), std::string(25, 'x'));
  const auto file = open({.size_bytes = 30});
  EXPECT_EQ(readFile(path()), std::string(25, 'x'));

  file->write({Level::info, at(1), "over"});

  EXPECT_EQ(readFile(backup(1)), std::string(25, 'x') + "[1] [INF] over\n");
}

TEST_F(FileLog, RotatesAtOnceWhatIsTooLargeAlready) {
  writeFile(path(), std::string(31, 'x'));

  open({.size_bytes = 30}, 5);

  EXPECT_EQ(readFile(backup(5)), std::string(31, 'x') + "[1] [INF] Rotating logfile...\n");
}

TEST_F(FileLog, KeepsSoManyFilesWithTheLiveOne) {
  writeFile(folder_.at("n.log.gz"), "not a backup");
  const auto file = open({.size_bytes = 1, .max_num = 3});

  for (int step = 1; step <= 4; ++step)
    file->write({Level::info, at(step), "x"});

  EXPECT_EQ(files(), (std::vector<std::string>{"n.log", "n.log." + stamp(3), "n.log." + stamp(4),
                                               "n.log.gz"}));
  EXPECT_EQ(readFile(path()), "[1] [INF] Rotated log, backup saved as \"" + backup(4) +
                                  "\"\r\n[1] [INF] Purged log file \"n.log." + stamp(2) + "\"\r\n");
}

TEST_F(FileLog, KeepsAllBackupsWithoutANumberAndNoneWithOne) {
  const auto all = open({.size_bytes = 1});
  for (int step = 1; step <= 4; ++step)
    all->write({Level::info, at(step), "x"});
  EXPECT_EQ(files().size(), 5U);

  const auto one = open({.size_bytes = 1, .max_num = 1}, 5);

  EXPECT_EQ(files(), std::vector<std::string>{"n.log"});
}

TEST_F(FileLog, SurvivesABackupThatCannotBeRemoved) {
  std::filesystem::create_directory(backup(1));  // unlink refuses a folder, whoever asks
  const auto file = open({.size_bytes = 1, .max_num = 2});

  file->write({Level::info, at(2), "x"});

  EXPECT_NE(
      readFile(path()).find("Unable to remove backup log file \"n.log." + stamp(1) + "\" (remove " +
                            backup(1) + ": is a directory), will attempt next rotation\r\n"),
      std::string::npos)
      << readFile(path());
}

TEST_F(FileLog, DoublesItsLimitWhileItCannotRotate) {
  const auto file = open({.size_bytes = 100});
  std::filesystem::create_directory(backup(1));  // a file cannot be renamed to a folder

  file->write({Level::info, at(1), std::string(100, 'x')});

  EXPECT_EQ(readFile(path()), "[1] [INF] " + std::string(100, 'x') +
                                  "\n[1] [INF] Unable to close logfile for rotation (rename " +
                                  path() + " " + backup(1) +
                                  ": is a directory), will attempt next rotation at size 200\r\n");

  file->write({Level::info, at(2), "y"});

  EXPECT_TRUE(readFile(backup(2)).ends_with("[1] [INF] y\n"));
}

TEST_F(FileLog, OpensAgainByItsName) {  // config-and-cli §7.3
  const auto file = open({.size_bytes = 60});
  file->write({Level::info, at(1), "before"});
  std::filesystem::rename(path(), folder_.at("moved"));

  file->reopen(at(2));
  file->write({Level::info, at(3), "after"});

  EXPECT_EQ(readFile(folder_.at("moved")), "[1] [INF] before\n");
  EXPECT_EQ(readFile(path()), "[1] [INF] File log re-opened\n[1] [INF] after\n");
  file->write({Level::info, at(4), "the size limit is kept"});
  EXPECT_TRUE(std::filesystem::exists(backup(4)));
}

TEST_F(FileLog, StaysWithTheOldFileWhereItCannotOpenTheNew) {
  const auto file = open({});
  std::filesystem::rename(path(), folder_.at("moved"));
  std::filesystem::create_directory(path());

  file->reopen(at(1));
  file->write({Level::info, at(2), "still here"});

  EXPECT_EQ(readFile(folder_.at("moved")), "[1] [ERR] error opening file: open " + path() +
                                               ": is a directory\n[1] [INF] still here\n");
}

}  // namespace
}  // namespace gannet::log
