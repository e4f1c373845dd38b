#include "protocol/control_line.h"

#include "tests/unit/seeds.h"

#include <gtest/gtest.h>

#include <array>
#include <cctype>
#include <string>

namespace gannet::protocol {
namespace {

constexpr std::size_t kMaxLine = 4096;

struct VerbText {
  std::string_view text;
  Verb verb;
  bool needs_blank;
  bool has_argument;
};

constexpr VerbText kVerbs[] = {
    // client-protocol §4.2
    {"CONNECT", Verb::connect, false, true}, {"INFO", Verb::info, false, true},
    {"PUB", Verb::pub, true, true},          {"HPUB", Verb::hpub, true, true},
    {"SUB", Verb::sub, true, true},          {"UNSUB", Verb::unsub, true, true},
    {"HMSG", Verb::hmsg, true, true},        {"-ERR", Verb::err, true, true},
    {"PING", Verb::ping, false, false},      {"PONG", Verb::pong, false, false},
    {"+OK", Verb::ok, false, false},
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

bool isBlank(char c) {
  return c == ' ' || c == '\t';
}

// §4.1 and §4.4 read aloud, without a thought for speed. `size` is not its business.
ControlLine naiveScan(const std::string& bytes, std::size_t max) {
  for (const VerbText& row : kVerbs) {
    const std::string start = lower(bytes.substr(0, row.text.size()));
    if (lower(row.text).substr(0, start.size()) != start) continue;
    if (bytes.size() <= row.text.size()) return {LineState::incomplete, row.verb, {}, 0};
    const std::size_t end = bytes.find('\n', row.text.size());
    if (!row.has_argument) {
      return {end == std::string::npos ? LineState::incomplete : LineState::complete,
              row.verb,
              {},
              end + 1};
    }
    std::size_t at = row.text.size();
    if (row.needs_blank && !isBlank(bytes[at])) return {LineState::unknown_verb, row.verb, {}, 0};
    while (at < bytes.size() && isBlank(bytes[at]))
      ++at;
    if (at == bytes.size()) return {LineState::incomplete, row.verb, {}, 0};
    const bool is_whole = end != std::string::npos;
    std::string_view args =
        std::string_view(bytes).substr(at, (is_whole ? end : bytes.size()) - at);
    if (args.ends_with('\r')) args.remove_suffix(1);
    if (args.size() > max) return {LineState::too_long, row.verb, args, 0};
    return {is_whole ? LineState::complete : LineState::incomplete, row.verb, args, end + 1};
  }
  return {LineState::unknown_verb, Verb::pub, {}, 0};
}

void expectSame(const std::string& bytes, std::size_t max) {
  const ControlLine line = scanLine(bytes, max);
  const ControlLine naive = naiveScan(bytes, max);
  ASSERT_EQ(line.state, naive.state) << testing::PrintToString(bytes);
  if (line.state == LineState::complete) {
    EXPECT_EQ(line.verb, naive.verb) << testing::PrintToString(bytes);
    EXPECT_EQ(line.args, naive.args) << testing::PrintToString(bytes);
    EXPECT_EQ(line.size, naive.size) << testing::PrintToString(bytes);
  }
  if (line.state == LineState::too_long) {
    EXPECT_EQ(line.verb, naive.verb);
    EXPECT_TRUE(naive.args.starts_with(line.args));
  }
  if (line.state == LineState::incomplete) {
    EXPECT_LE(line.size, bytes.size());
  }
}

TEST(ControlLine, KnowsEachVerbInAnyCase) {  // §4.1
  for (const VerbText& row : kVerbs) {
    for (unsigned mask = 0; mask < 1U << row.text.size(); ++mask) {
      std::string text(row.text);
      for (std::size_t i = 0; i < text.size(); ++i) {
        if ((mask >> i & 1U) != 0) text[i] = lower(text)[i];
      }
      text += " x\r\n";
      const ControlLine line = scanLine(text, kMaxLine);

      EXPECT_EQ(line.state, LineState::complete) << text;
      EXPECT_EQ(line.verb, row.verb) << text;
      EXPECT_EQ(line.size, text.size()) << text;
    }
  }
}

TEST(ControlLine, GivesTheArgumentWithoutBlanksBeforeAndLineEndBehind) {
  struct Row {
    std::string_view bytes;
    Verb verb;
    std::string_view args;
    std::size_t size;
  };

  constexpr Row kRows[] = {
      {"PUB a 0\r\nrest", Verb::pub, "a 0", 9},
      {"PUB a 0\nrest", Verb::pub, "a 0", 8},
      {"PUB \t  a 0 \t\r\n", Verb::pub, "a 0 \t", 14},
      {"PUB\ta\t0\r\n", Verb::pub, "a\t0", 9},
      {"PUB a\rb 0\r\n", Verb::pub, "a\rb 0", 11},
      {"PUB a 0\r\r\n", Verb::pub, "a 0\r", 10},
      {"PUB \r\n", Verb::pub, "", 6},
      {"PUB \n", Verb::pub, "", 5},
      {"HPUB a 12 12\r\n", Verb::hpub, "a 12 12", 14},
      {"SUB a 1\r\n", Verb::sub, "a 1", 9},
      {"UNSUB \r\n", Verb::unsub, "", 8},
      {"CONNECT {}\r\n", Verb::connect, "{}", 12},
      {"CONNECT{}\r\n", Verb::connect, "{}", 11},
      {"CONNECT\r\n", Verb::connect, "", 9},
      {"INFO{}\n", Verb::info, "{}", 7},
      {"-ERR 'x'\r\n", Verb::err, "'x'", 10},
      {"HMSG a\r\n", Verb::hmsg, "a", 8},
      {"PING\r\n", Verb::ping, "", 6},
      {"PING\n", Verb::ping, "", 5},
      {"PINGwhatever\nPONG", Verb::ping, "", 13},
      {"+OK \r fine \n", Verb::ok, "", 12},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(testing::PrintToString(std::string(row.bytes)));
    const ControlLine line = scanLine(row.bytes, kMaxLine);

    ASSERT_EQ(line.state, LineState::complete);
    EXPECT_EQ(line.verb, row.verb);
    EXPECT_EQ(line.args, row.args);
    EXPECT_EQ(line.size, row.size);
  }
}

TEST(ControlLine, RefusesWhatIsNoVerbAtItsFirstWrongByte) {  // §4.2
  for (const std::string_view bytes : {" PING\r\n",
                                       "\r\n",
                                       "\n",
                                       "MSG a 1 0\r\n",
                                       "M",
                                       "R",
                                       "RS+ a\r\n",
                                       "L",
                                       "A",
                                       "A+ x\r\n",
                                       "X",
                                       "PUX",
                                       "PX",
                                       "PUBx a 0\r\n",
                                       "PUB\r\n",
                                       "PUB\n",
                                       "HPUB\r\n",
                                       "SUB\r\n",
                                       "SUBS a 1\r\n",
                                       "UNSUB\r\n",
                                       "UNSUBS",
                                       "-ERR\r\n",
                                       "+OX",
                                       "HX",
                                       "HMSGS",
                                       "GET / HTTP/1.1\r\n",
                                       "\x16\x03",
                                       "CONNEKT {}\r\n"}) {
    EXPECT_EQ(scanLine(bytes, kMaxLine).state, LineState::unknown_verb) << bytes;
  }
}

TEST(ControlLine, WaitsForMoreAsLongAsTheLineMayBecomeOne) {
  for (const std::string_view bytes : {"P",
                                       "PU",
                                       "PUB",
                                       "PUB ",
                                       "PUB   ",
                                       "PUB a",
                                       "PUB a 0\r",
                                       "H",
                                       "HM",
                                       "HMSG",
                                       "HMSG ",
                                       "S",
                                       "U",
                                       "UNSUB",
                                       "+",
                                       "-",
                                       "PING",
                                       "PING\r",
                                       "PING and so on",
                                       "CONNECT",
                                       "CONNECT {",
                                       "I"}) {
    EXPECT_EQ(scanLine(bytes, kMaxLine).state, LineState::incomplete) << bytes;
  }
}

TEST(ControlLine, HasALimitOnTheArgumentAlone) {  // §4.4
  constexpr std::size_t kMax = 8;

  struct Row {
    std::string_view bytes;
    LineState state;
  };

  constexpr Row kRows[] = {
      {"SUB 12345678\r\n", LineState::complete},
      {"SUB    \t   12345678\r\n", LineState::complete},
      {"SUB 12345678\n", LineState::complete},
      {"SUB 12345678", LineState::incomplete},
      {"SUB 12345678\r", LineState::incomplete},
      {"SUB 123456789\r\n", LineState::too_long},
      {"SUB 123456789", LineState::too_long},
      {"SUB 123456 \t \r\n", LineState::too_long},
      {"SUB 12345678\r\r\n", LineState::too_long},
      {"PUB 12345678\r\n", LineState::complete},
      {"PUB 123456789\r\n", LineState::too_long},
      {"PUB 123456789", LineState::too_long},
      {"CONNECT{1234567}\r\n", LineState::too_long},
      {"PING 123456789\r\n", LineState::complete},
      {"+OK 123456789", LineState::incomplete},
  };
  for (const Row& row : kRows) {
    EXPECT_EQ(scanLine(row.bytes, kMax).state, row.state)
        << testing::PrintToString(std::string(row.bytes));
  }
}

TEST(ControlLine, IsNotSwayedByWhatFollowsTheLine) {
  for (const std::string_view line : {"PUB a 5\r\n", "PING\r\n", "SUB a b 1\n", "CONNECT{}\r\n"}) {
    for (const std::string_view rest : {"", "\n", "\r\n", "PUB b 0\r\n\r\n", "\x00\xff", "  "}) {
      const std::string bytes = std::string(line) + std::string(rest);
      const ControlLine alone = scanLine(line, kMaxLine);
      const ControlLine followed = scanLine(bytes, kMaxLine);

      EXPECT_EQ(followed.state, LineState::complete) << bytes;
      EXPECT_EQ(followed.size, alone.size) << bytes;
      EXPECT_EQ(followed.args, alone.args) << bytes;
    }
  }
}

// What a session does with a line that comes in two pieces: it keeps the bytes it is told to.
TEST(ControlLine, MeansTheSameHoweverItIsCut) {  // §4.1
  for (const std::string_view whole :
       {"PUB a.b _INBOX.1 128\r\n", "pub \t a 0\n", "SUB  a  q 1\r\n", "UNSUB 1 2\r\n", "PING\r\n",
        "PONG and more\r\n", "CONNECT {\"a\":1}\r\n", "CONNECT{}\n", "HPUB a 1 2\r\n", "+OK\r\n",
        "-ERR 'x'\r\n", "INFO {}\r\n", "HMSG a\r\n"}) {
    const ControlLine expected = scanLine(whole, kMaxLine);
    for (std::size_t cut = 1; cut < whole.size(); ++cut) {
      SCOPED_TRACE(testing::Message() << whole << " cut at " << cut);
      const ControlLine first = scanLine(whole.substr(0, cut), kMaxLine);
      ASSERT_EQ(first.state, LineState::incomplete);
      ASSERT_LE(first.size, cut);
      ASSERT_GT(first.size, 0U);

      std::string kept(whole.substr(0, first.size));
      kept += whole.substr(cut);
      const ControlLine line = scanLine(kept, kMaxLine);
      EXPECT_EQ(line.state, LineState::complete);
      EXPECT_EQ(line.verb, expected.verb);
      EXPECT_EQ(line.args, expected.args);
    }
  }
}

TEST(ControlLine, AgreesWithANaiveScannerOnRandomLines) {
  forEachSeed(200, [](Rng& rng) {
    constexpr std::string_view kAlphabet = "PUBSUNHIGOC+-ERM pub \t\r\n\n a1{}";
    for (int round = 0; round < 200; ++round) {
      std::string bytes;
      if (rng.below(4) != 0) bytes = kVerbs[rng.below(std::size(kVerbs))].text;
      if (rng.below(8) == 0) bytes.resize(rng.below(static_cast<std::uint32_t>(bytes.size() + 1)));
      if (rng.below(2) == 0) bytes = lower(bytes);
      const std::uint32_t size = rng.below(24);
      for (std::uint32_t i = 0; i < size; ++i) {
        bytes += kAlphabet[rng.below(static_cast<std::uint32_t>(kAlphabet.size()))];
      }
      if (bytes.empty()) continue;
      expectSame(bytes, 1 + rng.below(16));
    }
  });
}

}  // namespace
}  // namespace gannet::protocol
