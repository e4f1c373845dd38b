#include "base/log.h"

#include "base/clock.h"
#include "tests/unit/base/temp_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <poll.h>
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
  const std::vector<std::string> last_words{"moving"};
  ASSERT_TRUE(open(fileSettings("b.log"), last_words));
  info("two");
  flush();

  EXPECT_EQ(text("a.log"), lineOf("[INF] one") + lineOf("[INF] moving"));
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

TEST_F(Log, KeepsEachThreadsOrder) {
  constexpr int kThreads = 4;
  constexpr int kLines = 2000;
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
  flush();

  EXPECT_EQ(text("moved"), lineOf("[INF] before"));
  EXPECT_EQ(text(), lineOf("[INF] File log re-opened"));
}

TEST_F(Log, SaysThatReopeningIsForFiles) {
  Settings settings;
  settings.has_time = false;
  testing::internal::CaptureStderr();
  ASSERT_TRUE(open(settings));

  reopen();
  flush();

  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            lineOf("[INF] File log re-open ignored, not a file logger"));
}

TEST_F(Log, RepeatsAWarningAtMostOnceASecond) {
  ASSERT_TRUE(open(fileSettings()));

  for (const char* rest : {", one", ", two", ""})
    oncePerSecond(Level::warning, "the same again", rest);
  oncePerSecond(Level::warning, "another");
  flush();

  EXPECT_EQ(text(), lineOf("[WRN] the same again, one") + lineOf("[WRN] another"));
}

// stderr as a pipe that takes nothing from fill() on until it is read.
class Pipe {
 public:
  Pipe() : saved_(::dup(STDERR_FILENO)) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_NONBLOCK), 0);
    out_ = ends[0];
    ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[1]);
  }

  ~Pipe() {
    ::dup2(saved_, STDERR_FILENO);
    ::close(saved_);
    ::close(out_);
  }

  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  static void fill() {
    while (::write(STDERR_FILENO, "x", 1) == 1) {
    }
  }

  // What is in it.
  std::string read() const {
    std::string text;
    std::array<char, 4096> bytes{};
    for (ssize_t size = 0; (size = ::read(out_, bytes.data(), bytes.size())) > 0;)
      text.append(bytes.data(), static_cast<std::size_t>(size));
    return text;
  }

  // Reads until `what` has come, for ten seconds at most.
  std::string readUntil(std::string_view what) const {
    std::string text = read();
    const MonoTime end = monoNow() + std::chrono::seconds(10);
    for (pollfd more{out_, POLLIN, 0}; text.find(what) == std::string::npos && monoNow() < end;) {
      ::poll(&more, 1, 100);
      text += read();
    }
    return text;
  }

 private:
  int saved_;
  int out_ = -1;
};

Settings stderrSettings() {
  Settings settings;
  settings.has_time = false;
  return settings;
}

TEST_F(Log, NeverWaitsAndKeepsItsOwnLinesWhileItsPipeIsFull) {
  const Pipe pipe;
  ASSERT_TRUE(open(stderrSettings()));
  Pipe::fill();
  const std::uint64_t before = dropped();
  const std::string long_text(100'000, 'c');
  constexpr int kClientLines = 200;

  for (int line = 0; line < kClientLines; ++line) {
    client(Level::error, "{}", long_text);
    error("own {}.", line);
  }
  const std::uint64_t lost = dropped() - before;

  EXPECT_GT(lost, 100U);  // 8 MiB hold some 80
  EXPECT_LT(lost, 150U);
  const std::string text = pipe.readUntil("left out");
  for (int line = 0; line < kClientLines; ++line) {
    EXPECT_NE(text.find(fmt::format("own {}.\n", line)), std::string::npos) << line;
  }
  EXPECT_NE(text.find(fmt::format("[WRN] {} lines that clients caused were left out: the log was "
                                  "full\n",
                                  lost)),
            std::string::npos);
  EXPECT_TRUE(admits(Level::error));
}

TEST_F(Log, EndsWhileItsPipeIsFull) {
  const Pipe pipe;
  ASSERT_TRUE(open(stderrSettings()));
  Pipe::fill();
  info("lost");
  write(Level::fatal, "lost too");

  close();

  EXPECT_EQ(pipe.readUntil("x").find("lost"), std::string::npos);
}

TEST_F(Log, MovesAwayFromAFullPipe) {
  const Pipe pipe;
  ASSERT_TRUE(open(stderrSettings()));
  Pipe::fill();
  info("lost");
  ASSERT_TRUE(open(fileSettings()));

  info("two");
  const MonoTime end = monoNow() + std::chrono::seconds(10);
  while (text().empty() && monoNow() < end)
    flush();

  EXPECT_TRUE(text().ends_with(lineOf("[INF] two"))) << text();
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
