// What reading a client's bytes costs grows with their number, whatever they are.

#include "tests/unit/linear_cost.h"

#include "protocol/args.h"
#include "protocol/connect.h"
#include "protocol/control_line.h"
#include "protocol/headers.h"
#include "protocol/proxy_header.h"
#include "protocol/redact.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace gannet::protocol {
namespace {

void readHeaders(const std::string& block) {
  static_cast<void>(headerMap(block));
  static_cast<void>(parseTraceHeaders(block));
  static_cast<void>(findHeader(block, "Absent"));
  static_cast<void>(setHeader(block, "Nats-Trace-Hop", "1"));
  static_cast<void>(removeHeader(block, "A"));
}

void readConnect(const std::string& json) {
  ConnectOptions options;
  static_cast<void>(decodeConnect(json, options));
}

void readRedacted(const std::string& bytes) {
  static_cast<void>(redact(bytes));
  static_cast<void>(redactUnparsed(bytes));
  static_cast<void>(redactUnparsed(bytes, bytes.size() / 2, 32));
}

void readLine(const std::string& bytes) {
  const ControlLine line = scanLine(bytes, bytes.size());
  static_cast<void>(parsePub(line.args));
  static_cast<void>(parseHpub(line.args));
}

void readProxy(const std::string& bytes) {
  static_cast<void>(parseProxyHeader(bytes));
}

struct Shape {
  std::string_view name;
  void (*read)(const std::string& bytes);
  std::string_view before, unit, after;
};

class ProtocolCost : public testing::TestWithParam<Shape> {};

TEST_P(ProtocolCost, GrowsWithTheNumberOfBytes) {
  const Shape& shape = GetParam();
  expectLinear(
      [&shape](std::size_t size) {
        return std::string(shape.before) + numbered(shape.unit, size) + std::string(shape.after);
      },
      shape.read);
}

const Shape kShapes[] = {
    {"Headers", readHeaders, "NATS/1.0\r\n", "K#: v\r\n", "\r\n"},
    {"TheSameHeader", readHeaders, "NATS/1.0\r\n", "A: b\r\n", "\r\n"},
    {"HeadersWithoutColon", readHeaders, "NATS/1.0\r\n", "A\r\n", "\r\n"},
    {"OneLongHeader", readHeaders, "NATS/1.0\r\nA: ", "b ", "\r\n\r\n"},
    {"HeadersWithoutEnd", readHeaders, "NATS/1.0\r\n", "A: b", ""},
    {"LineFeeds", readHeaders, "NATS/1.0", "\n", ""},
    {"Carriages", readHeaders, "NATS/1.0\r\n", "\r", ""},
    {"UnknownMembers", readConnect, "{", R"("m#":1,)", R"("a":1})"},
    {"TheSameMember", readConnect, "{", R"("pass":"x",)", R"("a":1})"},
    {"LongText", readConnect, R"({"name":")", "x", R"("})"},
    {"EscapedText", readConnect, R"({"name":")", R"(\u00e9)", R"("})"},
    {"OpenText", readConnect, R"({"name":")", "x", ""},
    {"Nested", readConnect, R"({"x":)", "[", ""},
    {"LongNumber", readConnect, R"({"protocol":)", "1", "}"},
    {"Blanks", readConnect, "{", " ", "}"},
    {"BlankArguments", readLine, "PUB ", " ", "\r\n"},
    {"ManyArguments", readLine, "PUB ", "a ", "\r\n"},
    {"LongSubject", readLine, "PUB ", "a.", "b 5\r\n"},
    {"LineWithoutEnd", readLine, "PUB ", "a", ""},
    {"Secrets", readRedacted, "{", R"("pass":"x",)", ""},
    {"OpenSecret", readRedacted, R"({"pass":")", R"(")", ""},
    {"EscapedQuotes", readRedacted, "\"", R"(")", ""},
    {"BothQuotes", readRedacted, "\"", "'", ""},
    {"OpenNames", readRedacted, "", R"("pass")", ""},
    {"NestedSecret", readRedacted, R"(\"pass\":\")", R"(\\\")", ""},
    {"Brackets", readRedacted, R"("pass":)", "[", ""},
    {"Words", readRedacted, "", "pass ", ""},
    {"OneWord", readRedacted, "", "pass", ""},
    {"Unicode", readRedacted, "", R"(\u0070)", ""},
    {"Schemes", readRedacted, "", "://", "@x"},
    {"SchemesWithHosts", readRedacted, "", "a:1://", "@x"},
    {"SchemesWithoutUser", readRedacted, "", "a/://", ""},
    {"SchemeWords", readRedacted, "", "://a ", ""},
    {"StrayQuotes", readRedacted, R"("pass":)", R"("a"b)", ""},
    {"Users", readRedacted, "", "a:b@c ", ""},
    {"Signs", readRedacted, "a:", "@", ""},
    {"Lines", readRedacted, "", "auth\n", ""},
    {"ProxyFields", readProxy, "PROXY ", "x ", "\r\n"},
    {"ProxyWithoutEnd", readProxy, "PROXY TCP4 ", "1", ""},
};

INSTANTIATE_TEST_SUITE_P(Shapes, ProtocolCost, testing::ValuesIn(kShapes),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace gannet::protocol
