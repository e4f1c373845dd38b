#include "monitor/http/request_head.h"

#include <gtest/gtest.h>

#include <string>

namespace gannet::monitor {
namespace {

// Feeds `text` line by line. What was refused, or an empty string; the head goes to `head`.
std::string read(std::string_view text, RequestHead* head = nullptr) {
  HeadParser parser;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return "unended";
    const auto step = parser.take(text.substr(0, end));
    text.remove_prefix(end + 1);
    if (!step) return step.error().status + step.error().body;
    if (*step == HeadParser::Step::more) continue;
    if (head != nullptr) *head = std::move(parser.head());
    return text.empty() ? "" : "more than a head";
  }
  return "incomplete";
}

RequestHead readGood(std::string_view text) {
  RequestHead head;
  EXPECT_EQ(read(text, &head), "") << text;
  return head;
}

TEST(RequestHead, HoldsWhatTheServerNeeds) {
  const RequestHead head =
      readGood("POST /a%20b?c=d HTTP/1.1\r\nhOST: x:1\r\ncontent-LENGTH: 12 \r\nX: y\r\n\r\n");
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.target.path, "/a%20b");
  EXPECT_EQ(head.target.query, "c=d");
  EXPECT_EQ(head.minor, 1);
  EXPECT_EQ(head.content_length, 12U);
  EXPECT_TRUE(head.keeps_alive);
  EXPECT_TRUE(head.hasBody());
}

TEST(RequestHead, IsAsLenientAsTheReference) {
  for (const char* text : {
           "GET / HTTP/1.1\nHost: x\n\n",
           "GET / HTTP/1.7\r\nHost: x\r\n\r\n",
           "GET / HTTP/1.0\r\n\r\n",
           "CONNECT x:1 HTTP/1.1\r\n\r\n",
           "BREW / HTTP/1.1\r\nHost:\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: [::1]:80\r\nX:\ty \r\n z\r\nY: \xc3\xa9\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n",
           "GET / HTTP/1.0\r\nTransfer-Encoding: nonsense\r\n\r\n",
       }) {
    readGood(text);
  }
}

TEST(RequestHead, IsRefusedAsTheReferenceDoes) {  // monitoring §1.3

  struct Row {
    std::string_view text, status;
  };

  constexpr std::string_view kBad = "400 Bad Request";
  constexpr std::string_view kHost = "400 Bad Request: malformed Host header";
  constexpr std::string_view kName = "400 Bad Request: invalid header name";
  constexpr std::string_view kVersion =
      "505 HTTP Version Not Supported: unsupported protocol version";
  constexpr std::string_view kEncoding = "501 Not ImplementedUnsupported transfer encoding";
  constexpr Row kRows[] = {
      {"\r\n", kBad},
      {"GARBAGE\r\n", kBad},
      {"GET /\r\n", kBad},
      {" / HTTP/1.1\r\n", kBad},
      {"G@T / HTTP/1.1\r\n", kBad},
      {"GET  / HTTP/1.1\r\n", kBad},
      {"GET / HTTP/1.10\r\n", kBad},
      {"GET / http/1.1\r\n", kBad},
      {"GET / HTTP/1.1 \r\n", kBad},
      {"GET /%zz HTTP/1.1\r\n", kBad},
      {"GET varz HTTP/1.1\r\n", kBad},
      {"GET / HTTP/1.1\r\n X: y\r\n", kBad},
      {"GET / HTTP/1.1\r\nno colon\r\n", kBad},
      {"GET / HTTP/1.1\r\n: y\r\n\r\n", kBad},
      {"GET / HTTP/1.1\r\nX@: y\r\n\r\n", kBad},
      {"GET / HTTP/1.1\r\nX: \x01\r\n\r\n", kBad},
      {"GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", kBad},
      {"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", kBad},
      {"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", kBad},
      {"GET / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\n", kBad},
      {"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 9223372036854775808\r\n\r\n", kBad},
      {"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", kEncoding},
      {"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
       kEncoding},
      {"GET / HTTP/2.0\r\n\r\n", kVersion},
      {"GET / HTTP/0.9\r\n\r\n", kVersion},
      {"GET / HTTP/1.1\r\n\r\n", "400 Bad Request: missing required Host header"},
      {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", kHost},
      {"GET / HTTP/1.1\r\nHost: x\r\n y: z\r\n\r\n", kHost},
      {"GET / HTTP/1.1\r\nHost: x\r\nA B: y\r\n\r\n", kName},
      {"GET / HTTP/1.1\r\nHost: x\r\nX : y\r\n\r\n", kName},
  };
  for (const Row& row : kRows)
    EXPECT_EQ(read(row.text), row.status) << row.text;
}

TEST(RequestHead, TellsWhetherTheConnectionGoesOn) {
  struct Row {
    std::string_view version, field;
    bool keeps_alive;
  };

  constexpr Row kRows[] = {
      {"1.1", "X: y", true},
      {"1.1", "Connection: close", false},
      {"1.1", "Connection: keep-alive, CLOSE", false},
      {"1.1", "Connection: closed", true},
      {"1.0", "X: y", false},
      {"1.0", "Connection: Keep-Alive", true},
      {"1.0", "Connection: keep-alive, close", false},
      {"1.1", "Expect: 100-continue", true},
      {"1.1", "Expect: 100-continue\r\nContent-Length: 1", false},
  };
  for (const Row& row : kRows) {
    const std::string text = std::string("GET / HTTP/")
                                 .append(row.version)
                                 .append("\r\nHost: x\r\n")
                                 .append(row.field)
                                 .append("\r\n\r\n");
    EXPECT_EQ(readGood(text).keeps_alive, row.keeps_alive) << text;
  }
  for (const char* expected : {"foo", "foo\r\nExpect: 100-continue"}) {
    const std::string text = std::string("GET / HTTP/1.1\r\nHost: x\r\nExpect: ") + expected;
    EXPECT_TRUE(readGood(text + "\r\n\r\n").expects_other) << expected;
  }
}

TEST(Target, IsWhatAUrlNames) {
  struct Row {
    std::string_view method, url, path, query;
  };

  constexpr Row kRows[] = {
      {"GET", "/", "/", ""},
      {"GET", "/a?b?c#d", "/a", "b?c#d"},
      {"GET", "//a/b", "//a/b", ""},
      {"GET", "http://h:1/a?b", "/a", "b"},
      {"GET", "HTTP://h", "", ""},
      {"GET", "a:1", "", ""},
      {"GET", "/?u=http://x/y", "/", "u=http://x/y"},
      {"OPTIONS", "*", "*", ""},
      {"CONNECT", "h:1", "", ""},
      {"CONNECT", "*", "", ""},
      {"CONNECT", "/a", "/a", ""},
  };
  for (const Row& row : kRows) {
    const auto target = parseTarget(row.method, row.url);
    ASSERT_TRUE(target) << row.url;
    EXPECT_EQ(target->path, row.path) << row.url;
    EXPECT_EQ(target->query, row.query) << row.url;
  }
  for (const char* url : {"", "a", "?x", ":a", "1a:/x", "/%zz", "/%4", "/a\x01", "/\x7f"}) {
    EXPECT_FALSE(parseTarget("GET", url)) << url;
  }
}

}  // namespace
}  // namespace gannet::monitor
