#include "protocol/args.h"

#include "tests/unit/seeds.h"

#include <gtest/gtest.h>

#include <string>

namespace gannet::protocol {
namespace {

TEST(Args, ReadASizeOfOneToNineDigits) {  // client-protocol §4.5

  struct Row {
    std::string_view text;
    std::int64_t value;
  };

  constexpr Row kRows[] = {
      {"0", 0},
      {"5", 5},
      {"05", 5},
      {"000000000", 0},
      {"999999999", 999999999},
      {"1000000000", -1},
      {"0000000001", -1},
      {"", -1},
      {"-1", -1},
      {"+1", -1},
      {" 1", -1},
      {"1 ", -1},
      {"1a", -1},
      {"0x1", -1},
      {"1.0", -1},
      {"\xb2", -1},
      {"/", -1},
      {":", -1},
  };
  for (const Row& row : kRows)
    EXPECT_EQ(parseSize(row.text), row.value) << row.text;
}

TEST(Args, OfPubAreSubjectReplyAndSize) {  // §7

  struct Row {
    std::string_view args, subject, reply, size_text;
    std::uint32_t size;
  };

  constexpr Row kRows[] = {
      {"a 0", "a", "", "0", 0},
      {"a.b.c 128", "a.b.c", "", "128", 128},
      {"a r 05", "a", "r", "05", 5},
      {"\t a \t r  5 \t ", "a", "r", "5", 5},
      {"a\rb 1", "a\rb", "", "1", 1},
      {"a 999999999", "a", "", "999999999", 999999999},
      {"\xc3\xa4 1", "\xc3\xa4", "", "1", 1},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.args);
    const auto pub = parsePub(row.args);

    ASSERT_TRUE(pub.has_value());
    EXPECT_EQ(pub->subject, row.subject);
    EXPECT_EQ(pub->reply, row.reply);
    EXPECT_EQ(pub->size_text, row.size_text);
    EXPECT_EQ(pub->size, row.size);
    EXPECT_EQ(pub->header_text, "");
  }
}

TEST(Args, OfPubAreRefusedWithTheirReason) {  // §4.6

  struct Row {
    std::string_view args;
    PubError error;
  };

  constexpr Row kRows[] = {
      {"", PubError::argument_count},
      {"   ", PubError::argument_count},
      {"a", PubError::argument_count},
      {"a b c 1", PubError::argument_count},
      {"a b c d e f 1", PubError::argument_count},
      {"a b", PubError::bad_size},
      {"a -1", PubError::bad_size},
      {"a 0000000001", PubError::bad_size},
      {"a r 1x", PubError::bad_size},
      {"a 1\r", PubError::bad_size},
  };
  for (const Row& row : kRows) {
    const auto pub = parsePub(row.args);
    ASSERT_TRUE(pub.has_error()) << row.args;
    EXPECT_EQ(pub.error(), row.error) << row.args;
  }
}

TEST(Args, OfHpubHaveAHeaderSizeToo) {  // §7, §8

  struct Row {
    std::string_view args, subject, reply, header_text, size_text;
    std::uint32_t header_size, size;
  };

  constexpr Row kRows[] = {
      {"a 12 12", "a", "", "12", "12", 12, 12},
      {"a r 12 0017", "a", "r", "12", "0017", 12, 17},
      {"a 0 0", "a", "", "0", "0", 0, 0},
      {"  a\tr\t1\t2  ", "a", "r", "1", "2", 1, 2},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.args);
    const auto pub = parseHpub(row.args);

    ASSERT_TRUE(pub.has_value());
    EXPECT_EQ(pub->subject, row.subject);
    EXPECT_EQ(pub->reply, row.reply);
    EXPECT_EQ(pub->header_text, row.header_text);
    EXPECT_EQ(pub->size_text, row.size_text);
    EXPECT_EQ(pub->header_size, row.header_size);
    EXPECT_EQ(pub->size, row.size);
  }
}

TEST(Args, OfHpubAreRefusedWithTheirReason) {  // §4.6

  struct Row {
    std::string_view args;
    PubError error;
  };

  constexpr Row kRows[] = {
      {"", PubError::argument_count},
      {"a 1", PubError::argument_count},
      {"a b c 1 2", PubError::argument_count},
      {"a x 2", PubError::bad_header_size},
      {"a 1 x", PubError::bad_size},
      {"a x y", PubError::bad_header_size},
      {"a 3 2", PubError::header_exceeds_total},
      {"a r 1000000000 2", PubError::bad_header_size},
  };
  for (const Row& row : kRows) {
    const auto pub = parseHpub(row.args);
    ASSERT_TRUE(pub.has_error()) << row.args;
    EXPECT_EQ(pub.error(), row.error) << row.args;
  }
}

TEST(Args, OfSubAreSubjectQueueAndSid) {  // §6

  struct Row {
    std::string_view args, subject, queue, sid;
  };

  constexpr Row kRows[] = {
      {"a 1", "a", "", "1"},        {"a q 1", "a", "q", "1"}, {" a\tq  sid-x ", "a", "q", "sid-x"},
      {"a\r1", "a", "", "1"},  // §4.1: stray line ends split, too
      {"a\r\nq\r1", "a", "q", "1"}, {">  *", ">", "", "*"},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.args);
    const auto sub = parseSub(row.args);

    ASSERT_TRUE(sub.has_value());
    EXPECT_EQ(sub->subject, row.subject);
    EXPECT_EQ(sub->queue, row.queue);
    EXPECT_EQ(sub->sid, row.sid);
  }
  for (const std::string_view args : {"", " ", "a", "a b c 1", "a b c d e f g"}) {
    EXPECT_TRUE(parseSub(args).has_error()) << args;
  }
}

TEST(Args, OfUnsubAreSidAndMaximum) {  // §6

  struct Row {
    std::string_view args, sid;
    std::int64_t max;
  };

  constexpr Row kRows[] = {
      {"1", "1", -1},    {"1 5", "1", 5},           {"1 0", "1", 0},    {"1 x", "1", -1},
      {"1 -1", "1", -1}, {"1 1000000000", "1", -1}, {" a\r5 ", "a", 5},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.args);
    const auto unsub = parseUnsub(row.args);

    ASSERT_TRUE(unsub.has_value());
    EXPECT_EQ(unsub->sid, row.sid);
    EXPECT_EQ(unsub->max, row.max);
  }
  for (const std::string_view args : {"", "  ", "1 2 3", "1 2 3 4 5 6"}) {
    EXPECT_TRUE(parseUnsub(args).has_error()) << args;
  }
}

TEST(Args, AreViewsIntoTheLine) {
  forEachSeed(200, [](Rng& rng) {
    std::string args;
    const std::uint32_t size = rng.below(40);
    for (std::uint32_t i = 0; i < size; ++i)
      args += "ab19 \t\r\n"[rng.below(8)];
    const auto isInside = [&args](std::string_view view) {
      return view.empty() ||
             (view.data() >= args.data() && view.data() + view.size() <= args.data() + args.size());
    };
    if (const auto pub = parsePub(args); pub) {
      EXPECT_TRUE(isInside(pub->subject) && isInside(pub->reply) && isInside(pub->size_text));
    }
    if (const auto pub = parseHpub(args); pub) {
      EXPECT_TRUE(isInside(pub->subject) && isInside(pub->header_text));
      EXPECT_LE(pub->header_size, pub->size);
    }
    if (const auto sub = parseSub(args); sub) {
      EXPECT_TRUE(isInside(sub->subject) && isInside(sub->queue) && isInside(sub->sid));
      EXPECT_FALSE(sub->sid.empty());
    }
    if (const auto unsub = parseUnsub(args); unsub) {
      EXPECT_TRUE(isInside(unsub->sid));
    }
  });
}

}  // namespace
}  // namespace gannet::protocol
