#include "protocol/pub_line.h"

#include "protocol/args.h"
#include "protocol/control_line.h"
#include "tests/unit/seeds.h"

#include <gtest/gtest.h>

#include <string>

namespace gannet::protocol {
namespace {

// `bytes` with slack behind them as parsePubLine() needs it, filled with something misleading.
class Input {
 public:
  explicit Input(std::string_view bytes, std::string_view filler = " 1\r\n")
      : text_(bytes), size_(bytes.size()) {
    while (text_.size() < size_ + kPubLineSlack)
      text_ += filler;
  }

  [[nodiscard]] std::string_view bytes() const { return std::string_view(text_).substr(0, size_); }

 private:
  std::string text_;
  std::size_t size_;
};

bool isSame(const PubLine& a, const PubLine& b) {
  return a.subject == b.subject && a.subject.data() == b.subject.data() && a.reply == b.reply &&
         a.tail == b.tail && a.tail.data() == b.tail.data() && a.size == b.size &&
         a.header_size == b.header_size && a.has_headers == b.has_headers;
}

// Both ways of looking at `bytes` agree, and what the short way takes the long way takes alike.
void expectAgreement(std::string_view bytes, std::string_view filler) {
  const Input input(bytes, filler);
  PubLine vector;
  PubLine portable;
  const bool taken = parsePubLine(input.bytes(), vector);
  ASSERT_EQ(taken, parsePubLinePortable(input.bytes(), portable));
  if (!taken) return;
  ASSERT_TRUE(isSame(vector, portable));

  const ControlLine line = scanLine(input.bytes(), bytes.size());
  ASSERT_EQ(line.state, LineState::complete);
  ASSERT_EQ(line.verb, vector.has_headers ? Verb::hpub : Verb::pub);
  const auto pub = vector.has_headers ? parseHpub(line.args) : parsePub(line.args);
  ASSERT_TRUE(pub.has_value());
  EXPECT_EQ(vector.subject, pub->subject);
  EXPECT_EQ(vector.reply, pub->reply);
  EXPECT_EQ(vector.size, pub->size);
  EXPECT_EQ(vector.header_size, pub->header_size);
  EXPECT_EQ(vector.tail.data() + vector.tail.size(), input.bytes().data() + line.size);
}

TEST(PubLine, IsParsedAsNearlyEveryClientWritesIt) {
  struct Row {
    std::string_view bytes, subject, reply, tail;
    std::uint32_t size, header_size = 0;
  };

  constexpr Row kRows[] = {
      {"PUB a 0\r\n", "a", "", "0\r\n", 0},
      {"PUB a 0\r\n\r\nPUB b 1\r\n", "a", "", "0\r\n", 0},
      {"PUB foo.bar _INBOX.x 128\r\nrest", "foo.bar", "_INBOX.x", "_INBOX.x 128\r\n", 128},
      {"PUB a 007\r\n", "a", "", "007\r\n", 7},
      {"PUB a 999999999\r\n", "a", "", "999999999\r\n", 999999999},
      {"PUB \xc3\xa4\xff 1\r\n", "\xc3\xa4\xff", "", "1\r\n", 1},
      {"PUB 1 2 3\r\n", "1", "2", "2 3\r\n", 3},
      {"HPUB a 12 14\r\nNATS", "a", "", "12 14\r\n", 14, 12},
      {"HPUB a r 12 12\r\n", "a", "r", "r 12 12\r\n", 12, 12},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.bytes);
    const Input input(row.bytes);
    PubLine line;

    ASSERT_TRUE(parsePubLine(input.bytes(), line));
    EXPECT_EQ(line.subject, row.subject);
    EXPECT_EQ(line.reply, row.reply);
    EXPECT_EQ(line.tail, row.tail);
    EXPECT_EQ(line.size, row.size);
    EXPECT_EQ(line.header_size, row.header_size);
    EXPECT_EQ(line.has_headers, row.header_size > 0);
  }
}

TEST(PubLine, LeavesEveryOtherFormToTheGeneralParser) {
  for (const std::string_view bytes : {"",
                                       "P",
                                       "PUB",
                                       "PUB ",
                                       "PUB a",
                                       "PUB a ",
                                       "PUB a 0",
                                       "PUB a 0\r",
                                       "PUB a 0\n",
                                       "PUB a  0\r\n",
                                       "PUB  a 0\r\n",
                                       "PUB a 0 \r\n",
                                       "PUB\ta 0\r\n",
                                       "PUB a\t0\r\n",
                                       "pub a 0\r\n",
                                       "HPUB a 0\r\n",
                                       "HPUB a 13 12\r\n",
                                       "HPUB a 0 12\r\n",
                                       "HPUB a b c 12 12\r\n",
                                       "HPUB a x 12\r\n",
                                       "hpub a 12 12\r\n",
                                       "HPU",
                                       "PUB a\r\n",
                                       "PUB a b c 0\r\n",
                                       "PUB a x\r\n",
                                       "PUB a 1x\r\n",
                                       "PUB a 1000000000\r\n",
                                       "PUB a -1\r\n",
                                       "PUB a 0\r\r\n",
                                       "PUB a\r 0\r\n",
                                       "PUB a\n0\r\n",
                                       "PUB a 0\rx",
                                       "PUB a\x01z 0\r\n",
                                       "SUB a 0\r\n",
                                       "PUB a 0\x7f\r\n"}) {
    const Input input(bytes);
    PubLine line;
    EXPECT_FALSE(parsePubLine(input.bytes(), line)) << bytes;
    EXPECT_FALSE(parsePubLinePortable(input.bytes(), line)) << bytes;
  }
}

TEST(PubLine, ReachesAFewWindowsBehindTheVerb) {
  for (std::size_t subject = 1; subject <= kMaxPubLine + 20; ++subject) {
    const std::string bytes = "PUB " + std::string(subject, 's') + " 12\r\n";
    const Input input(bytes);
    PubLine line;
    // CR is the last separator that is looked for.
    const bool fits = subject + std::string_view(" 12\r").size() <= kMaxPubLine;

    EXPECT_EQ(parsePubLine(input.bytes(), line), fits) << subject;
    EXPECT_EQ(parsePubLinePortable(input.bytes(), line), fits) << subject;
    if (fits) expectAgreement(bytes, " 1\r\n");
  }
}

TEST(PubLine, IsIncompleteAtEveryCutWhateverLiesBehind) {
  const std::string whole = "PUB foo.bar reply.to 12\r\n";
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    // Behind the cut lies just what would complete it: bytes of an older read.
    const Input input(whole.substr(0, cut), whole.substr(cut) + "\r\n");
    PubLine line;
    EXPECT_FALSE(parsePubLine(input.bytes(), line)) << cut;
    EXPECT_FALSE(parsePubLinePortable(input.bytes(), line)) << cut;
  }
}

TEST(PubLine, AgreesWithItsTwinAndTheGeneralParserOnRandomLines) {
  forEachSeed(500, [](Rng& rng) {
    const std::string_view fillers[] = {" ",     "\r\n", "x", std::string_view("\0", 1),
                                        "1\r\n", "\xff"};
    for (int round = 0; round < 100; ++round) {
      std::string bytes = rng.below(2) == 0 ? "PUB " : "HPUB ";
      const std::uint32_t fields = 1 + rng.below(4);
      for (std::uint32_t field = 0; field < fields; ++field) {
        bytes.append(rng.below(rng.below(8) == 0 ? 70 : 12),
                     static_cast<char>('a' + rng.below(26)));
        bytes += ' ';
      }
      bytes += std::to_string(rng.below(1U << rng.below(32))) + "\r\n";
      // One wrong byte somewhere, often a separator's neighbour in the table of characters.
      if (rng.below(2) == 0) {
        constexpr char kBytes[] = {' ', '\t', '\r', '\n', '\0', '!', '\x1f', '\x7f', '\x80', '0'};
        bytes[rng.below(static_cast<std::uint32_t>(bytes.size()))] = kBytes[rng.below(10)];
      }
      if (rng.below(4) == 0) bytes.resize(rng.below(static_cast<std::uint32_t>(bytes.size() + 1)));
      SCOPED_TRACE(testing::PrintToString(bytes));
      expectAgreement(bytes, fillers[rng.below(std::size(fillers))]);
      if (testing::Test::HasFailure()) return;
    }
  });
}

TEST(PubLine, AgreesWithItsTwinOnEveryByteAtEveryPlace) {
  for (const std::string whole : {"PUB ab cd 12\r\n", "HPUB ab cd 12 13\r\n"}) {
    for (std::size_t at = 0; at < whole.size(); ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string bytes = whole;
        bytes[at] = static_cast<char>(byte);
        SCOPED_TRACE(testing::Message() << "byte " << byte << " at " << at);
        expectAgreement(bytes, " 1\r\n");
      }
    }
  }
}

}  // namespace
}  // namespace gannet::protocol
