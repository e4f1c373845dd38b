#include "monitor/http/request_head.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace gannet::monitor {
namespace {

// What was refused, or an empty string; the head goes to `head`.
std::string read(std::string_view text, RequestHead* head = nullptr) {
  std::string whole;
  if (appendHead(whole, text) < text.size()) return "more than a head";
  RequestParser parser;
  auto parsed = parseHead(parser, whole);
  if (!parsed) return parsed.error().status + parsed.error().body;
  if (head != nullptr) *head = std::move(*parsed);
  return "";
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
  EXPECT_TRUE(head.keeps_alive);
}

TEST(RequestHead, EndsWithAnEmptyLineInWhateverPiecesItComes) {
  constexpr std::string_view kText = "GET / HTTP/1.1\nHost: x\r\n\nPOST";
  for (std::size_t size = 1; size <= kText.size(); ++size) {
    std::string head;
    std::size_t at = 0;
    while (at < kText.size() && !isWhole(head))
      at += appendHead(head, kText.substr(at, size));
    EXPECT_EQ(head, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(kText.substr(at), "POST");
  }
}

TEST(RequestHead, TakesWhatClientsSend) {
  for (const char* text : {
           "GET / HTTP/1.1\nHost: x\n\n",
           "GET / HTTP/1.0\r\n\r\n",
           "CONNECT x:1 HTTP/1.1\r\n\r\n",
           "BREW / HTTP/1.1\r\nHost:\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: [::1]:80\r\nX:\ty \r\n z\r\nY: \xc3\xa9\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n",
           "GET /connz?acc=$G&filter_subject={a}.*.>|\"<^`\\ HTTP/1.1\r\nHost: x\r\n\r\n",
           "GET /\xc3\xa9 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: CHUNKED\r\n\r\n",
       }) {
    readGood(text);
  }
  const std::string much(kMaxHead - 100, 'a');
  readGood("GET / HTTP/1.1\r\nHost: x\r\nX: " + much + "\r\n\r\n");
  readGood("GET / HTTP/1.1\r\nHost: x\r\n" + much + ": x\r\n\r\n");
  readGood("GET /" + much + " HTTP/1.1\r\nHost: x\r\n\r\n");
}

TEST(RequestHead, IsRefusedWhereItIsNone) {  // monitoring §1.3

  struct Row {
    std::string_view text, status;
  };

  constexpr std::string_view kBad = "400 Bad Request";
  constexpr std::string_view kEncoding = "501 Not ImplementedUnsupported transfer encoding";
  constexpr Row kRows[] = {
      {"", kBad},
      {"\r\n\r\n", kBad},
      {"GARBAGE\r\n\r\n", kBad},
      {"GET /\r\n\r\n", kBad},
      {" / HTTP/1.1\r\n\r\n", kBad},
      {"G@T / HTTP/1.1\r\n\r\n", kBad},
      {"GET  / HTTP/1.1\r\n\r\n", kBad},
      {"GET / HTTP/1.10\r\n\r\n", kBad},
      {"GET / http/1.1\r\n\r\n", kBad},
      {"GET / HTTP/1.1 \r\n\r\n", kBad},
      {"GET / HTTP/2.0\r\nHost: x\r\n\r\n", kBad},
      {"GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", kBad},
      {"GET varz HTTP/1.1\r\nHost: x\r\n\r\n", kBad},
      {"GET / HTTP/1.1\r\nHost: x\r\n", kBad},
      {"GET / HTTP/1.1\r\nHost: x\r\nX: y", kBad},
      {"GET / HTTP/1.1\r\n X: y\r\nHost: x\r\n\r\n", kBad},
      {"GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", kBad},
      {"GET / HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n", kBad},
      {"GET / HTTP/1.1\r\nHost: x\r\nX@: y\r\n\r\n", kBad},
      {"GET / HTTP/1.1\r\nHost: x\r\nA B: y\r\n\r\n", kBad},
      {"GET / HTTP/1.1\r\nHost: x\r\nX : y\r\n\r\n", kBad},
      {"GET / HTTP/1.1\r\nHost: x\r\nX: \x01\r\n\r\n", kBad},
      {"GET / HTTP/1.1\r\n\r\n", kBad},
      {"GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", kBad},
      {"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", kBad},
      {"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", kBad},
      {"GET / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\n", kBad},
      {"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n", kBad},
      // Which of the two counts is a matter of taste: requests are smuggled that way.
      {"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
       kBad},
      {"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", kEncoding},
      {"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\n\r\n", kEncoding},
  };
  for (const Row& row : kRows)
    EXPECT_EQ(read(row.text), row.status) << row.text;
  EXPECT_EQ(read("GET /" + std::string(kMaxHead, 'a')), "431 Request Header Fields Too Large");
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
