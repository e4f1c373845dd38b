#include "base/log.h"

#include "tests/unit/base/temp_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

namespace gannet::log {
namespace {

class Log : public testing::Test {
 protected:
  ~Log() override { close(); }

  [[nodiscard]] Settings fileSettings(const std::string& name = "n.log") const {
    Settings settings;
    settings.file = folder_.at(name);
    settings.has_time = false;
    return settings;
  }

  [[nodiscard]] std::string text(const std::string& name = "n.log") const {
    return readFile(folder_.at(name));
  }

  static std::string lineOf(std::string_view rest) {
    return fmt::format("[{}] {}\n", ::getpid(), rest);
  }

  TempFolder folder_;
};

TEST_F(Log, WritesEveryLevelToItsFile) {
  Settings settings = fileSettings();
  settings.debug = settings.trace = true;
  ASSERT_TRUE(open(settings));

  info("{} {}", "an", 1);
  warn("a");
  error("b");
  debug("c");
  trace("d");
  flush();

  EXPECT_EQ(text(), lineOf("[INF] an 1") + lineOf("[WRN] a") + lineOf("[ERR] b") +
                        lineOf("[DBG] c") + lineOf("[TRC] d"));
}

TEST_F(Log, HoldsDebugAndTraceBackUnlessAsked) {
  Settings settings = fileSettings();
  settings.trace = true;
  ASSERT_TRUE(open(settings));

  debug("hidden");
  write(Level::debug, "hidden");
  trace("seen");
  flush();

  EXPECT_EQ(text(), lineOf("[TRC] seen"));
  EXPECT_FALSE(enabled(Level::debug));
  EXPECT_TRUE(enabled(Level::trace));
  EXPECT_TRUE(enabled(Level::info));
}

TEST_F(Log, MovesToANewFileBetweenTwoLines) {
  ASSERT_TRUE(open(fileSettings("a.log")));
  info("one");
  ASSERT_TRUE(open(fileSettings("b.log")));
  info("two");
  flush();

  EXPECT_EQ(text("a.log"), lineOf("[INF] one"));
  EXPECT_EQ(text("b.log"), lineOf("[INF] two"));
}

TEST_F(Log, StaysAsItWasWhenItCannotMove) {
  ASSERT_TRUE(open(fileSettings()));
  Settings settings = fileSettings("missing/n.log");
  settings.debug = true;

  const auto moved = open(settings);
  info("still here");
  debug("hidden");
  flush();

  ASSERT_FALSE(moved.has_value());
  EXPECT_TRUE(moved.error().text.starts_with("error opening file: open "));
  EXPECT_EQ(text(), lineOf("[INF] still here"));
}

TEST_F(Log, KeepsEachThreadsOrderAndEveryLineBeyondItsQueue) {
  constexpr int kThreads = 4;
  constexpr int kLines = static_cast<int>(kQueueLines) * 2;
  ASSERT_TRUE(open(fileSettings()));

  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([thread] {
      for (int line = 0; line < kLines; ++line)
        info("{} {}", thread, line);
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  flush();

  std::ifstream file(folder_.at("n.log"));
  std::vector<int> next(kThreads, 0);
  std::string prefix;
  std::string level;
  for (int thread = 0, line = 0; file >> prefix >> level >> thread >> line;) {
    ASSERT_EQ(line, next.at(static_cast<std::size_t>(thread))++);
  }
  EXPECT_EQ(next, std::vector<int>(kThreads, kLines));
}

TEST_F(Log, HasAFatalLineOutBeforeTheCallReturns) {
  ASSERT_TRUE(open(fileSettings()));

  write(Level::fatal, "the end");

  EXPECT_EQ(text(), lineOf("[FTL] the end"));
}

TEST_F(Log, LosesNothingWhenTheProcessExits) {
  const auto exits = [this] {
    if (!open(fileSettings())) std::exit(2);
    for (int line = 0; line < 500; ++line)
      info("{}", line);
    std::exit(0);
  };

  EXPECT_EXIT(exits(), testing::ExitedWithCode(0), "");

  EXPECT_TRUE(text().ends_with(" [INF] 499\n")) << text();
}

TEST_F(Log, GoesToStderrBeforeItOpensAndAfterItCloses) {
  testing::internal::CaptureStderr();
  info("early");
  ASSERT_TRUE(open(fileSettings()));
  info("filed");
  close();
  info("late");
  const std::string captured = testing::internal::GetCapturedStderr();

  EXPECT_EQ(text(), lineOf("[INF] filed"));
  EXPECT_NE(captured.find(" [INF] early\n"), std::string::npos) << captured;
  EXPECT_NE(captured.find(" [INF] late\n"), std::string::npos) << captured;
  EXPECT_EQ(captured.find("filed"), std::string::npos) << captured;
}

TEST_F(Log, ReopensItsFile) {  // config-and-cli §7.3
  ASSERT_TRUE(open(fileSettings()));
  info("before");
  flush();
  std::filesystem::rename(folder_.at("n.log"), folder_.at("moved"));

  reopen();

  EXPECT_EQ(text("moved"), lineOf("[INF] before"));
  EXPECT_EQ(text(), lineOf("[INF] File log re-opened"));
}

TEST_F(Log, SaysThatReopeningIsForFiles) {
  Settings settings;
  settings.has_time = false;
  testing::internal::CaptureStderr();
  ASSERT_TRUE(open(settings));

  reopen();

  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            lineOf("[INF] File log re-open ignored, not a file logger"));
}

TEST_F(Log, RepeatsAWarningAtMostOnceASecond) {
  ASSERT_TRUE(open(fileSettings()));

  for (int i = 0; i < 3; ++i)
    warnOncePerSecond("the same {}", "again");
  warnOncePerSecond("another");
  flush();

  EXPECT_EQ(text(), lineOf("[WRN] the same again") + lineOf("[WRN] another"));
}

TEST_F(Log, PrefersAFileToSyslogToStderr) {  // config-and-cli §7.1
  Settings settings = fileSettings();
  settings.remote_syslog = "nowhere://";
  settings.syslog = true;
  EXPECT_TRUE(open(settings));

  settings.file.clear();
  const auto remote = open(settings);

  ASSERT_FALSE(remote.has_value());
  EXPECT_EQ(remote.error().text, "error invalid network type: \"nowhere\"");
}

TEST_F(Log, PrintsPlainTextWithTheDateOnly) {
  testing::internal::CaptureStderr();

  writePlain("error opening file");

  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              testing::MatchesRegex("[0-9]+/[0-9]+/[0-9]+ [0-9]+:[0-9]+:[0-9]+ error opening "
                                    "file\n"));
}

}  // namespace
}  // namespace gannet::log
