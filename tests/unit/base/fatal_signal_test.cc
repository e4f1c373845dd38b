#include "base/machine/fatal_signal.h"

#include "base/assert.h"
#include "base/log.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

#include <dlfcn.h>
#include <unistd.h>

namespace gannet {
namespace {

constexpr const char* kNowhere =
    "Gannet 1.2.3: fatal signal SIGSEGV \\(11, code 1\\) at 0x10, "
    "thread .*, process .*\n.*#0 0x.* unit_base\\+0x.*writeNowhere";

// Named, so that a test can look for them in a report.
[[gnu::noinline]] void writeNowhere() {
  *std::bit_cast<volatile int*>(std::uintptr_t{16}) = 1;
}

[[gnu::noinline]] int recurseForever(int depth) {
  if (depth < 0) return 0;
  std::array<volatile char, 4096> room{};
  room[static_cast<std::size_t>(depth) % room.size()] = 1;
  return recurseForever(depth + 1) + room[0];
}

void overflowAThread() {
  std::thread([] {
    prepareForFatalSignals();
    recurseForever(0);
  }).join();
}

void dieTogether() {
  const std::jthread other(writeNowhere);
  writeNowhere();
}

void failWithLogFile(const std::string& path) {
  reportFatalSignals("Gannet 1.2.3");
  log::Settings settings;
  settings.file = path;
  if (log::open(settings)) GANNET_ASSERT(1 + 1 == 3);
}

class FatalSignalDeathTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::dlsym(RTLD_DEFAULT, "__sanitizer_print_stack_trace") != nullptr)
      GTEST_SKIP() << "sanitizers report themselves";
  }

  static void start() { reportFatalSignals("Gannet 1.2.3"); }
};

TEST_F(FatalSignalDeathTest, ReportsAFaultWithTheFunctionThatHadIt) {
  EXPECT_EXIT((start(), writeNowhere()), ::testing::KilledBySignal(SIGSEGV), kNowhere);
}

TEST_F(FatalSignalDeathTest, ReportsASignalThatWasSent) {
  EXPECT_EXIT((start(), ::kill(::getpid(), SIGBUS)), ::testing::KilledBySignal(SIGBUS),
              "fatal signal SIGBUS \\(7, code 0\\) from process [0-9]+, thread");
}

TEST_F(FatalSignalDeathTest, ReportsAnAbort) {
  EXPECT_EXIT((start(), std::abort()), ::testing::KilledBySignal(SIGABRT),
              "fatal signal SIGABRT \\(6, code -6\\) from process .*\n(.*\n)*.* main");
}

TEST_F(FatalSignalDeathTest, ReportsAnOverflownStack) {
  EXPECT_EXIT((start(), recurseForever(0)), ::testing::KilledBySignal(SIGSEGV), "recurseForever");
}

TEST_F(FatalSignalDeathTest, ReportsAnOverflownStackOfAnotherThread) {
  EXPECT_EXIT((start(), overflowAThread()), ::testing::KilledBySignal(SIGSEGV), "recurseForever");
}

TEST_F(FatalSignalDeathTest, ReportsAWholeOneWhenTwoThreadsDieTogether) {
  EXPECT_EXIT((start(), dieTogether()), ::testing::KilledBySignal(SIGSEGV), kNowhere);
}

TEST_F(FatalSignalDeathTest, WritesAFailedAssertionAndTheReportToTheLogFileToo) {
  const auto path = std::filesystem::path(::testing::TempDir()) / "fatal_signal_test.log";
  std::filesystem::remove(path);
  EXPECT_EXIT(failWithLogFile(path), ::testing::KilledBySignal(SIGABRT),
              "assertion failed: 1 \\+ 1 == 3\nGannet 1.2.3: fatal");
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  EXPECT_NE(text.str().find("fatal_signal_test.cc:"), std::string::npos) << text.str();
  EXPECT_NE(text.str().find("Gannet 1.2.3: fatal signal SIGABRT"), std::string::npos) << text.str();
  std::filesystem::remove(path);
}

TEST(FatalSignal, WritesToStderrAloneWhereTheLogFileIsClosed) {
  setFatalReportFile(1000);
  forgetFatalReportFile(999);  // an older file, behind its successor's opening
  forgetFatalReportFile(1000);
  ::testing::internal::CaptureStderr();
  writeFatalReport("one line\n");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "one line\n");
}

}  // namespace
}  // namespace gannet
