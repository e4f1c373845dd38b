#include "config/flags.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace gannet::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Words with blanks between, as a shell would split them.
std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

Result<CommandLine, Error> parse(std::string_view text) {
  return parseCommandLine(split(text));
}

// What a command line sets: "a=1 b=2", and behind a bar the words that are no flags.
std::string shown(std::string_view text) {
  const auto line = parse(text);
  if (!line) return line.error().text;
  std::string out;
  for (const auto& [name, value] : line->settings)
    out += fmt::format("{}{}={}", out.empty() ? "" : " ", name, value);
  if (!line->words.empty()) out += fmt::format("|{}", fmt::join(line->words, " "));
  return out;
}

Options applied(std::string_view text, Options options = {}) {
  const auto line = parse(text);
  EXPECT_TRUE(line.has_value()) << line.error().text;
  const auto done = applyFlags(*line, options);
  EXPECT_TRUE(done.has_value()) << done.error().text;
  return options;
}

TEST(Flags, AreReadAsGoReadsThem) {  // config-and-cli §5

  struct Row {
    std::string_view text, outcome;
  };

  constexpr Row kRows[] = {
      {"", ""},
      {"-p 4333", "p=4333"},
      {"--p 4333", "p=4333"},
      {"-p=4333", "p=4333"},
      {"--port=4333", "port=4333"},
      {"-p -1", "p=-1"},
      {"-p +7", "p=7"},
      {"-p 1 -p 2", "p=2"},             // the last one wins,
      {"-p 1 --port 2", "p=1 port=2"},  // under its own name
      {"-p 0x10", "p=16"},
      {"-p 0X1f", "p=31"},
      {"-p 0o17", "p=15"},
      {"-p 017", "p=15"},
      {"-p 0b101", "p=5"},
      {"-p 1_000", "p=1000"},
      {"-p 0x_ff", "p=255"},
      {"-p 0", "p=0"},
      {"-log_size_limit 9223372036854775807", "log_size_limit=9223372036854775807"},
      {"-n", "flag needs an argument: -n"},
      {"-n -D", "n=-D"},  // whatever it looks like
      {"-n=", "n="},
      {"-n a=b", "n=a=b"},
      {"-n=a=b", "n=a=b"},
      {"-D", "D=1"},
      {"-D=true -V=F -T=0", "D=1 T=0 V=0"},
      {"-D false", "D=1|false"},  // a boolean takes no next word
      {"version -D", "|version -D"},
      {"-D -- -V", "D=1|-V"},
      {"-D - -V", "D=1|- -V"},
      {"-xyz", "flag provided but not defined: -xyz"},
      {"--xyz=1", "flag provided but not defined: -xyz"},
      {"---x", "bad flag syntax: ---x"},
      {"-=x", "bad flag syntax: -=x"},
      {"--=", "bad flag syntax: --="},
      {"-p abc", R"(invalid value "abc" for flag -p: parse error)"},
      {"-p=", R"(invalid value "" for flag -p: parse error)"},
      {"-p 1.5", R"(invalid value "1.5" for flag -p: parse error)"},
      {"-p 08", R"(invalid value "08" for flag -p: parse error)"},
      {"-p 1__0", R"(invalid value "1__0" for flag -p: parse error)"},
      {"-p 10_", R"(invalid value "10_" for flag -p: parse error)"},
      {"-p 9223372036854775808", R"(invalid value "9223372036854775808" for flag -p: value out of )"
                                 "range"},
      {"-p -9223372036854775809", R"(invalid value "-9223372036854775809" for flag -p: value out )"
                                  "of range"},
      {"-D=x", R"(invalid boolean value "x" for -D: parse error)"},
      {"-D=", R"(invalid boolean value "" for -D: parse error)"},
      {"-D=tRue", R"(invalid boolean value "tRue" for -D: parse error)"},
  };
  for (const Row& row : kRows)
    EXPECT_EQ(shown(row.text), row.outcome) << row.text;
}

TEST(Flags, AskForThingsBesideOptions) {  // config-and-cli §5.1
  const auto line = parse("-c a.conf -t --signal reload=12 -v --help --help_tls");

  ASSERT_TRUE(line.has_value());
  EXPECT_EQ(line->config_file, "a.conf");
  EXPECT_EQ(line->signal, "reload=12");
  EXPECT_TRUE(line->checks_only);
  EXPECT_TRUE(line->wants_version);
  EXPECT_TRUE(line->wants_help);
  EXPECT_TRUE(line->wants_tls_help);
  EXPECT_THAT(line->settings, IsEmpty());
}

TEST(Flags, SetTheirOptions) {  // config-and-cli §5.1

  struct Row {
    std::string_view text;
    bool (*holds)(const Options& options);
  };

  constexpr Row kRows[] = {
      {"-a h", [](const Options& o) { return o.host == "h"; }},
      {"--addr h", [](const Options& o) { return o.host == "h"; }},
      {"--net h", [](const Options& o) { return o.host == "h"; }},
      {"--port 1", [](const Options& o) { return o.port == 1; }},
      {"--name n", [](const Options& o) { return o.server_name == "n"; }},
      {"--server_name n", [](const Options& o) { return o.server_name == "n"; }},
      {"-P f", [](const Options& o) { return o.pid_file == "f"; }},
      {"--pid f", [](const Options& o) { return o.pid_file == "f"; }},
      {"-m 2", [](const Options& o) { return o.http_port == 2; }},
      {"--https_port 3", [](const Options& o) { return o.https_port == 3; }},
      {"--client_advertise a:1", [](const Options& o) { return o.client_advertise == "a:1"; }},
      {"--ports_file_dir d", [](const Options& o) { return o.ports_file_dir == "d"; }},
      {"--shards 2", [](const Options& o) { return o.shards == 2; }},
      {"-l f", [](const Options& o) { return o.log_file == "f"; }},
      {"-T", [](const Options& o) { return o.logtime; }},
      {"--logtime_utc", [](const Options& o) { return o.logtime_utc; }},
      {"-s", [](const Options& o) { return o.syslog; }},
      {"-r udp://a:1", [](const Options& o) { return o.remote_syslog == "udp://a:1"; }},
      {"--log_size_limit 5", [](const Options& o) { return o.log_size_limit == 5; }},
      {"--max_traced_msg_len 6", [](const Options& o) { return o.max_traced_msg_len == 6; }},
      {"--user u", [](const Options& o) { return o.authorization.user == "u"; }},
      {"--pass p", [](const Options& o) { return o.authorization.password == "p"; }},
      {"--auth t", [](const Options& o) { return o.authorization.token == "t"; }},
      {"-D", [](const Options& o) { return o.debug && !o.trace; }},
      {"-V", [](const Options& o) { return o.trace && !o.debug && !o.trace_verbose; }},
      {"-VV", [](const Options& o) { return o.trace && o.trace_verbose && !o.debug; }},
      {"-DV", [](const Options& o) { return o.debug && o.trace && !o.trace_verbose; }},
      {"-DVV", [](const Options& o) { return o.debug && o.trace && o.trace_verbose; }},
  };
  for (const Row& row : kRows)
    EXPECT_TRUE(row.holds(applied(row.text))) << row.text;
}

TEST(Flags, TurnOffWhatTheFileTurnedOn) {  // config-and-cli §5.2 step 6
  Options file;
  file.debug = file.trace = file.trace_verbose = true;
  file.tls.is_on = true;

  EXPECT_FALSE(applied("-DV=false", file).debug);
  EXPECT_FALSE(applied("-DV=false", file).trace);
  EXPECT_TRUE(applied("-DV=false", file).trace_verbose);
  EXPECT_FALSE(applied("--tls=false", file).tls.is_on);
  EXPECT_TRUE(applied("-V=true -DV=false", file).trace);  // by name: DV comes before V
}

TEST(Flags, RefuseWhatCannotBe) {
  struct Row {
    std::string_view text, error;
  };

  constexpr Row kRows[] = {
      {"--shards -1", "shards must be between 0 and 64"},
      {"--shards 65", "shards must be between 0 and 64"},
      {"--tls", "TLS Server certificate must be present and valid"},
      {"--tlscert a.pem", "TLS Server private key must be present and valid"},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.text);
    const auto line = parse(row.text);
    ASSERT_TRUE(line.has_value());
    Options options;
    const auto done = applyFlags(*line, options);
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().text, row.error);
  }
}

TEST(Flags, AskForLaterPartsByTheNameThatIsTyped) {
  struct Row {
    std::string_view text, typed;
    Part part;
  };

  constexpr Row kRows[] = {
      {"-js", "-js", Part::jetstream},
      {"--jetstream=true", "--jetstream", Part::jetstream},
      {"--cluster nats://a:1", "--cluster", Part::clusters},
      {"-routes nats://a:1", "--routes", Part::clusters},
      {"--profile 1", "--profile", Part::profiling},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.text);
    Options options;
    const auto done = applyFlags(*parse(row.text), options);
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().text, refusal(row.typed, row.part));
  }
}

TEST(Flags, SwitchOffWhatTheFileAsksFor) {
  using Parts = std::set<Part>;
  EXPECT_EQ(applied("-js=false --cluster= --profile 0").switched_off,
            (Parts{Part::jetstream, Part::clusters, Part::profiling}));
  EXPECT_EQ(applied("--routes=").switched_off, Parts{});
  EXPECT_EQ(applied("-p 4222").switched_off, Parts{});
}

TEST(Flags, HideTheirSecrets) {  // config-and-cli §5.2
  const auto hidden = [](std::string_view text) { return redactFlags(split(text)); };

  EXPECT_THAT(
      hidden("-D --user a --pass=b -auth c x"),
      ElementsAre("-D", "--user", "[REDACTED]", "--pass=[REDACTED]", "-auth", "[REDACTED]", "x"));
  EXPECT_THAT(hidden("--user"), ElementsAre("--user"));
  EXPECT_THAT(hidden("- --- -p 1"), ElementsAre("-", "---", "-p", "1"));
}

}  // namespace
}  // namespace gannet::config
