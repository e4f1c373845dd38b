#include "protocol/headers.h"

#include <gtest/gtest.h>

namespace gannet::protocol {
namespace {

constexpr std::string_view kBlock =
    "NATS/1.0\r\nA: b\r\nAb:  spaced \r\na: lower\r\nA: second\r\nEmpty:\r\nNoBlank:x\r\n\r\n";

TEST(FindHeader, TakesTheFirstOfExactlyThisName) {  // client-protocol §8

  struct Row {
    std::string_view name;
    std::optional<std::string_view> value;
  };

  const Row rows[] = {
      {"A", "b"},       {"Ab", "spaced "}, {"a", "lower"},   {"Empty", ""},
      {"NoBlank", "x"}, {"B", {}},         {"NATS/1.0", {}}, {"b", {}},
      {"NoBlan", {}},   {"empty", {}},     {"oBlank", {}},
  };
  for (const Row& row : rows)
    EXPECT_EQ(findHeader(kBlock, row.name), row.value) << row.name;
}

TEST(FindHeader, TakesAnyBytes) {
  struct Row {
    std::string_view block;
    std::optional<std::string_view> value;
  };

  const Row rows[] = {
      {"", {}},
      {"A: x", {}},               // the first line is not a header
      {"NATS/1.0\r\nA: x", "x"},  // no end
      {"NATS/1.0\r\nA:", ""},
      {"NATS/1.0\r\nA", {}},
      {"NATS/1.0\nA: x\r\n", {}},  // LF alone ends nothing
      {"NATS/1.0\r\nB: A: x\r\n\r\n", {}},
      {"NATS/1.0\r\nA : x\r\n\r\n", {}},  // the colon must follow at once
      {"NATS/1.0\r\n A: x\r\n\r\n", {}},
      {"NATS/1.0\r\n\r\nA: x\r\n", "x"},
      {"NATS/1.0\r\nA: \tx\r\n\r\n", "\tx"},  // only blanks are skipped
      {"NATS/1.0\r\nA: x\ry\nz\r\n\r\n", "x\ry\nz"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(findHeader(row.block, "A"), row.value) << row.block;
}

TEST(HeaderMap, HasAllValuesInOrder) {
  EXPECT_EQ(headerMap(kBlock),
            (HeaderMap{
                {"A", {"b", "second"}}, {"Ab", {"spaced"}}, {"a", {"lower"}}, {"NoBlank", {"x"}}}));
  EXPECT_EQ(headerMap(""), HeaderMap{});
  EXPECT_EQ(headerMap("NATS/1.0\r\n: x\r\nno colon\r\n\r\n"), HeaderMap{});
}

TEST(RemoveHeader, KeepsTheRestByteForByte) {
  EXPECT_EQ(removeHeader(kBlock, "A"),
            "NATS/1.0\r\nAb:  spaced \r\na: lower\r\nEmpty:\r\nNoBlank:x\r\n\r\n");
  EXPECT_EQ(removeHeader(kBlock, "Missing"), kBlock);
  EXPECT_EQ(removeHeader("NATS/1.0\r\nA: x\r\n\r\n", "A"), "");
  EXPECT_EQ(removeHeader("NATS/1.0 503\r\nA: x\r\n\r\n", "A"), "NATS/1.0 503\r\n\r\n");
  EXPECT_EQ(removeHeader("", "A"), "");
}

TEST(SetHeader, AppendsAndReplaces) {
  EXPECT_EQ(setHeader("", "A", "1"), "NATS/1.0\r\nA: 1\r\n\r\n");
  EXPECT_EQ(setHeader("NATS/1.0\r\nA: 1\r\nB: 2\r\n\r\n", "A", "3"),
            "NATS/1.0\r\nB: 2\r\nA: 3\r\n\r\n");
  EXPECT_EQ(setHeader("NATS/1.0\r\nA: 1\r\n\r\n", "A", "3"), "NATS/1.0\r\nA: 3\r\n\r\n");
}

std::string withHeaders(std::string_view lines) {
  return "NATS/1.0\r\n" + std::string(lines) + "\r\n\r\n";
}

TEST(TraceHeaders, NameADestination) {  // client-protocol §15
  const std::string block = withHeaders(
      "X: y\r\nNats-Trace-Dest: \tt.d \r\nNats-Trace-Hop: 1.2\r\nNats-Trace-Dest: other");
  const auto trace = parseTraceHeaders(block);

  ASSERT_TRUE(trace);
  EXPECT_EQ(trace->dest, "t.d");
  EXPECT_EQ(trace->hop, "1.2");
  EXPECT_FALSE(trace->is_trace_only);
  EXPECT_FALSE(trace->is_sampled);
  EXPECT_FALSE(trace->is_disabled);
  EXPECT_FALSE(trace->has_origin_account);
}

TEST(TraceHeaders, AreAbsentInOrdinaryMessages) {
  const std::string none[] = {
      "",
      withHeaders("A: b"),
      withHeaders("nats-trace-dest: t"),     // exact case
      withHeaders("Nats-Trace-Dest:"),       // no value
      withHeaders("Nats-Trace-Dest : t"),    // the colon must follow at once
      withHeaders("Nats-Trace-Only: true"),  // only beside a destination
      "NATS/1.0 100 Idle\r\nNats-Trace-Dest: t\r\n\r\n",
      "nats/1.0\r\nNats-Trace-Dest: t\r\n\r\n",
  };
  for (const std::string& block : none)
    EXPECT_FALSE(parseTraceHeaders(block)) << block;
}

TEST(TraceHeaders, MayForbidTheDelivery) {
  struct Row {
    std::string_view value;
    bool is_only;
  };

  constexpr Row kRows[] = {{"1", true},    {"true", true}, {"TRUE", true}, {"On", true},
                           {"0", false},   {"yes", false}, {"11", false},  {"", false},
                           {"off", false}, {" on ", true}};
  for (const Row& row : kRows) {
    const std::string block =
        withHeaders("Nats-Trace-Only: " + std::string(row.value) + "\r\nNats-Trace-Dest: t");
    const auto trace = parseTraceHeaders(block);
    ASSERT_TRUE(trace);
    EXPECT_EQ(trace->is_trace_only, row.is_only) << row.value;
  }
}

TEST(TraceHeaders, MayBeDisabledOnTheWay) {
  const std::string disabled = withHeaders("Nats-Trace-Dest: trace disabled");
  const auto trace = parseTraceHeaders(disabled);
  ASSERT_TRUE(trace);
  EXPECT_TRUE(trace->is_disabled);
  EXPECT_EQ(trace->dest, "");

  const std::string origin = withHeaders("Nats-Trace-Dest: t\r\nNats-Trace-Origin-Account: A");
  ASSERT_TRUE(parseTraceHeaders(origin));
  EXPECT_TRUE(parseTraceHeaders(origin)->has_origin_account);
}

TEST(TraceHeaders, FollowTheFlagsOfTraceparent) {
  struct Row {
    std::string_view line;
    bool is_sampled;
  };

  constexpr Row kRows[] = {
      {"traceparent: 00-a-b-01", true},   {"TraceParent: 00-a-b-27", true},
      {"traceparent: 00-a-b-00", false},  {"traceparent: 00-a-b-22", false},
      {"traceparent: 00-a-b-81", false},  {"traceparent: 00-a-b-7f", true},
      {"traceparent: 00-a-01", false},    {"traceparent: 00-a-b-c-01", false},
      {"traceparent: 00-a-b-1", false},   {"traceparent: 00-a-b-0x", false},
      {"traceparent: 00-a-b-001", false}, {"traceparent: 00-a-b-+1", false},
      {"traceparent: 00-a-b-", false},
  };
  for (const Row& row : kRows) {
    EXPECT_EQ(parseTraceHeaders(withHeaders(row.line)).has_value(), row.is_sampled) << row.line;
  }
}

TEST(TraceHeaders, PreferTheDestinationToTraceparent) {
  const std::string block = withHeaders("traceparent: 00-a-b-01\r\nNats-Trace-Dest: t");
  const auto trace = parseTraceHeaders(block);

  ASSERT_TRUE(trace);
  EXPECT_EQ(trace->dest, "t");
  EXPECT_FALSE(trace->is_sampled);
}

TEST(TraceHeaders, ChooseTheEncodingOfTheEvents) {
  struct Row {
    std::string_view value;
    TraceEncoding encoding;
  };

  constexpr Row kRows[] = {
      {"snappy", TraceEncoding::snappy},   {"S2", TraceEncoding::snappy},
      {"gzip, s2", TraceEncoding::snappy}, {"GZIP", TraceEncoding::gzip},
      {"br", TraceEncoding::identity},
  };
  for (const Row& row : kRows) {
    const std::string block =
        withHeaders("Nats-Trace-Dest: t\r\nAccept-Encoding: " + std::string(row.value));
    EXPECT_EQ(parseTraceHeaders(block)->encoding, row.encoding) << row.value;
  }
}

TEST(NoResponders, HasTheBytesOfTheSpec) {  // client-protocol §9.4, §18 item 57
  EXPECT_EQ(noRespondersMessage("reply", "1", "foo"),
            "HMSG reply 1 35 35\r\nNATS/1.0 503\r\nNats-Subject: foo\r\n\r\n\r\n");
}

}  // namespace
}  // namespace gannet::protocol
