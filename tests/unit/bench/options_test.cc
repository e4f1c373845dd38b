#include "bench/options.h"

#include "bench/flags.h"

#include <gtest/gtest.h>

#include <chrono>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace gannet::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

Result<Command, Error> parse(std::initializer_list<std::string_view> words) {
  return parseCommand(std::vector<std::string_view>(words));
}

std::string errorOf(std::initializer_list<std::string_view> words) {
  const auto command = parse(words);
  return command.has_value() ? "" : command.error().text;
}

TEST(BenchFlags, ReadCountsInThousands) {
  struct Row {
    std::string_view text;
    std::uint64_t count, bytes;  // 0: an error, unless the text is "0"
  };

  constexpr Row rows[] = {
      {"0", 0, 0},
      {"12", 12, 12},
      {"10k", 10'000, 10'240},
      {"5M", 5'000'000, 5'242'880},
      {"1g", 1'000'000'000, 1'073'741'824},
      {"", 0, 0},
      {"k", 0, 0},
      {"-1", 0, 0},
      {"1.5", 0, 0},
      {"1kk", 0, 0},
      {" 1", 0, 0},
      {"1000000000000001", 0, 0},
      {"18446744073709551616", 0, 0},
      {"18446744073709551615g", 0, 0},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.text);
    const bool is_valid = row.count > 0 || row.text == "0";
    const auto count = parseCount(row.text);
    const auto bytes = parseBytes(row.text);

    ASSERT_EQ(count.has_value(), is_valid);
    ASSERT_EQ(bytes.has_value(), is_valid);
    if (!is_valid) continue;
    EXPECT_EQ(*count, row.count);
    EXPECT_EQ(*bytes, row.bytes);
  }
}

TEST(BenchFlags, ReadDurations) {
  EXPECT_EQ(parseDuration("5").value(), seconds{5});
  EXPECT_EQ(parseDuration("1.5s").value(), milliseconds{1500});
  EXPECT_EQ(parseDuration("200ms").value(), milliseconds{200});
  EXPECT_EQ(parseDuration("2m").value(), minutes{2});
  EXPECT_EQ(parseDuration("0").value(), seconds{0});
  for (const std::string_view bad : {"", "s", "-1", "5h", "nan", "inf", "1e300", "86401", "1 s"}) {
    EXPECT_FALSE(parseDuration(bad).has_value()) << bad;
  }
}

TEST(BenchFlags, AreNamedOnceAndExplainedWhereTheyApply) {
  std::set<std::string_view> names;
  for (const Flag& flag : flags()) {
    EXPECT_TRUE(names.insert(flag.name).second) << flag.name;
    EXPECT_NE(flag.modes, 0);
    for (const Mode mode : {Mode::pub, Mode::fanout, Mode::queue, Mode::pubsub, Mode::request,
                            Mode::ping, Mode::idle, Mode::connect}) {
      const auto command = parse({nameOf(mode), "--help"});
      ASSERT_TRUE(command.has_value());
      const std::string wanted = "  --" + std::string(flag.name) + " ";
      const bool is_shown = command->help.find(wanted) != std::string::npos;
      EXPECT_EQ(is_shown, (flag.modes & bitOf(mode)) != 0) << flag.name << " " << nameOf(mode);
    }
  }
}

TEST(BenchOptions, HaveTheDefaultsOfTheirMode) {
  struct Row {
    std::string_view mode;
    std::size_t publishers, subscribers;
    bool is_queue;
  };

  constexpr Row rows[] = {{"pub", 1, 0, false},
                          {"fanout", 1, 10, false},
                          {"queue", 1, 10, true},
                          {"pubsub", 4, 4, false},
                          {"request", 1, 1, false}};
  for (const Row& row : rows) {
    SCOPED_TRACE(row.mode);
    const auto command = parse({row.mode});

    ASSERT_TRUE(command.has_value());
    const Options& options = command->options;
    EXPECT_EQ(nameOf(options.mode), row.mode);
    EXPECT_EQ(options.topology.publishers, row.publishers);
    EXPECT_EQ(options.topology.subscribers, row.subscribers);
    EXPECT_EQ(options.topology.is_queue, row.is_queue);
    EXPECT_EQ(options.duration, seconds{5});
    EXPECT_EQ(toString(options.server), "127.0.0.1:4222");
  }
}

TEST(BenchOptions, ComeFromFlagsInEitherForm) {
  const auto command = parse({"pubsub",
                              "--size",
                              "4k",
                              "--publishers=2",
                              "--subscribers",
                              "6",
                              "--subjects=3",
                              "--rate=50k",
                              "--msgs",
                              "1m",
                              "--seconds=3",
                              "--warmup=500ms",
                              "--json",
                              "--pid",
                              "77",
                              "--server=[::1]:4333",
                              "--window",
                              "1m",
                              "--threads=2",
                              "--subject",
                              "s"});

  ASSERT_TRUE(command.has_value()) << command.error().text;
  const Options& options = command->options;
  EXPECT_EQ(options.topology.size, 4096U);
  EXPECT_EQ(options.topology.publishers, 2U);
  EXPECT_EQ(options.topology.subscribers, 6U);
  EXPECT_EQ(options.topology.subjects, 3U);
  EXPECT_EQ(options.topology.subject, "s");
  EXPECT_EQ(options.rate, 50'000);
  EXPECT_EQ(options.msgs, 1'000'000U);
  EXPECT_EQ(options.duration, seconds{3});
  EXPECT_EQ(options.warmup, milliseconds{500});
  EXPECT_TRUE(options.is_json);
  EXPECT_EQ(options.pid, 77);
  EXPECT_EQ(options.window, 1'048'576U);
  EXPECT_EQ(options.threads, 2U);
  EXPECT_EQ(options.server, (Address{.host = "::1", .port = 4333}));
}

TEST(BenchOptions, RunUntilTheMessagesAreThroughWhenNoTimeIsGiven) {
  EXPECT_EQ(parse({"pub", "--msgs", "10"})->options.duration.count(), 0);
}

TEST(BenchOptions, EncryptInEveryMode) {
  for (const std::string_view mode :
       {"pub", "fanout", "queue", "pubsub", "request", "ping", "idle", "connect"}) {
    const auto command = parse({mode, "--tls", "--tls-ca", "ca.pem"});
    ASSERT_TRUE(command.has_value()) << mode;
    EXPECT_TRUE(command->options.is_tls);
    EXPECT_EQ(command->options.tls_ca, "ca.pem");
  }
}

TEST(BenchOptions, ExplainThemselves) {
  EXPECT_NE(parse({"--help"})->help, "");
  EXPECT_NE(parse({"help"})->help, "");
  EXPECT_EQ(parse({"pub"})->help, "");
}

TEST(BenchOptions, NameTheFlagThatIsWrong) {
  EXPECT_EQ(errorOf({}), "a mode is missing; see gannet-bench --help");
  EXPECT_EQ(errorOf({"flood"}), "unknown mode \"flood\"");
  EXPECT_EQ(errorOf({"pub", "10"}), "unexpected \"10\"");
  EXPECT_EQ(errorOf({"pub", "--speed", "10"}), "--speed: unknown flag");
  EXPECT_EQ(errorOf({"pub", "--size"}), "--size: a value is missing");
  EXPECT_EQ(errorOf({"pub", "--json=yes"}), "--json: takes no value");
  EXPECT_EQ(errorOf({"pub", "--subscribers=1"}), "--subscribers: means nothing to pub");
  EXPECT_EQ(errorOf({"idle", "--size=1"}), "--size: means nothing to idle");
  EXPECT_EQ(errorOf({"pub", "--publishers=0"}), "--publishers: expected 1 to 1000000");
  EXPECT_EQ(errorOf({"pub", "--size=65m"}), "--size: expected at most 67108864 bytes");
  EXPECT_EQ(errorOf({"pub", "--beside=1"}), "--beside: means nothing to pub");
  EXPECT_EQ(errorOf({"pub", "--last-token=old"}), "--last-token: expected \"same\" or \"new\"");
  EXPECT_EQ(errorOf({"pub", "--tls-ca=ca.pem"}), "--tls-ca: means nothing without --tls");
  EXPECT_EQ(errorOf({"pub", "--pid=0"}), "--pid: expected 1 to 4194304");
  EXPECT_NE(errorOf({"pub", "--subject", "a b"}), "");
  EXPECT_NE(errorOf({"pub", "--subject", "a.*"}), "");
  EXPECT_NE(errorOf({"pub", "--seconds", "soon"}), "");
  EXPECT_NE(errorOf({"fanout", "--subscribers=3", "--subjects=2"}), "");
  EXPECT_NE(errorOf({"request", "--publishers=2"}), "");
}

}  // namespace
}  // namespace gannet::bench
