#include "protocol/redact.h"

#include "protocol/connect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

namespace gannet::protocol {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Row {
  std::string_view sent, shown;
};

bool tellsOneOf(std::initializer_list<std::string_view> secrets, std::string_view shown) {
  return std::any_of(secrets.begin(), secrets.end(), [shown](std::string_view secret) {
    return shown.find(secret) != std::string_view::npos;
  });
}

TEST(Redact, HidesTheValuesOfSecretFields) {  // config-and-cli §7.7
  constexpr Row kRows[] = {
      {"", ""},
      {R"({"pass":"s3cret","user":"u"})", R"({"pass":"[REDACTED]","user":"u"})"},
      {R"({"password":"p","passx":1})", R"({"password":"[REDACTED]","passx":[REDACTED]})"},
      {R"({"auth_token":"t","auth_token2":"x"})",
       R"({"auth_token":"[REDACTED]","auth_token2":"[REDACTED]"})"},
      {R"({"sig":"s","proxy_sig":"ps","nkey":"nk","jwt":"j"})",
       R"({"sig":"[REDACTED]","proxy_sig":"[REDACTED]","nkey":"[REDACTED]","jwt":"[REDACTED]"})"},
      {R"({"pass" : "x" , "sig" : "y"})", R"({"pass" : "[REDACTED]" , "sig" : "[REDACTED]"})"},
      {R"({"signature":"x","my_sig":"z","nkey2":"q"})",
       R"({"signature":"x","my_sig":"z","nkey2":"q"})"},
      {R"({"pass":null,"sig":null})", R"({"pass":[REDACTED],"sig":[REDACTED]})"},
      {R"({"pass":"a\"b,c}","user":"u"})", R"({"pass":"[REDACTED]","user":"u"})"},
      {R"({"PASS":"x"})", R"({"PASS":"[REDACTED]"})"},
      {R"({"name":"pass","version":"1"})", R"({"name":"pass","version":"1"})"},
      {R"({"pass":["a","b"],"x":1})", R"({"pass":[REDACTED],"x":1})"},
      {R"({"pass":{"a":"]}"},"x":1})", R"({"pass":[REDACTED],"x":1})"},
  };
  for (const Row& row : kRows) {
    EXPECT_EQ(redact(row.sent), row.shown);
    EXPECT_EQ(redactUnparsed(row.sent), row.shown);
  }
}

TEST(Redact, KnowsTheSpellingsThatTheDecoderTakes) {
  for (const std::string_view name :
       {R"("p\u0061ss")", R"("\u0070\u0061\u0073\u0073")", R"("PA\u0053S")"}) {
    const std::string sent = "{" + std::string(name) + R"(:"s3cret"})";
    ConnectOptions options;
    ASSERT_TRUE(decodeConnect(sent, options).has_value()) << sent;
    EXPECT_EQ(options.pass, "s3cret") << sent;
    EXPECT_THAT(redact(sent), Not(HasSubstr("s3cret")));
    EXPECT_THAT(redactUnparsed(sent), Not(HasSubstr("s3cret")));
  }
}

TEST(Redact, HidesWhatIsLeftOfATextThatIsCutAnywhere) {
  const std::string whole =
      R"(CONNECT {"user":"u","pass":"s3cr\"et","auth_token":"t0k,99","jwt":"eyJ9.x","sig":"S1"})";
  for (std::size_t from = 0; from < whole.find("\"pass\""); ++from) {
    for (std::size_t size = 0; size <= whole.size() - from; ++size) {
      for (const std::string& shown :
           {redact(whole.substr(from, size)), redactUnparsed(whole.substr(from, size)),
            redactUnparsed(whole, from, size)}) {
        ASSERT_FALSE(tellsOneOf({"s3", "et\"", "t0", "99", "eyJ", "S1"}, shown)) << shown;
      }
    }
  }
}

TEST(Redact, KnowsASecretThatBeginsBeforeThePart) {
  const std::string whole = R"(PUB a 3 {"pass":"s3cret","user":"u"} and so on)";
  for (std::size_t from = 0; from <= whole.size(); ++from) {
    for (std::size_t size = 0; size <= whole.size(); ++size) {
      const std::string shown = redactUnparsed(whole, from, size);
      ASSERT_FALSE(tellsOneOf({"s3", "3c", "cr", "re", "et\""}, shown)) << shown;
    }
  }
  EXPECT_EQ(redactUnparsed(whole, whole.find("cret"), 12), R"("[REDACTED]","user")");
  EXPECT_EQ(redactUnparsed(whole, whole.find(" and"), 4), " and");
  EXPECT_EQ(redactUnparsed(whole, 1000, 4), "");
}

TEST(Redact, ReadsOnWhereNothingFollows) {
  constexpr Row kRows[] = {
      {R"({"pass":"never ends)", R"({"pass":"[REDACTED]")"},
      {R"({"pass":"\)", R"({"pass":"[REDACTED]")"},
      {R"({"pass")", R"({"pass")"},
      {R"({"pass":)", R"({"pass":[REDACTED])"},
      {R"({"pass)", R"({"pass)"},
      {R"(")", R"(")"},
      {R"(\)", R"(\)"},
      {R"("\u)", R"("\u)"},
      {R"(ord","pass":"x")", R"(ord","pass":"[REDACTED]")"},
  };
  for (const Row& row : kRows) {
    EXPECT_EQ(redact(row.sent), row.shown);
    EXPECT_EQ(redactUnparsed(row.sent), row.shown);
  }
}

// Of clients that put their JSON together by hand, and of other protocols' clients.
TEST(Redact, HidesSecretsOfWhatMakesNoSense) {
  for (const std::string_view sent :
       {R"({"pass":"a"S3cRet","name":"n"})", R"({"pass":"S3cRet" x","name":"n"})",
        R"({"pass" "S3cRet","name":"n"})", R"({"token":"S3cRet","name":"n"})",
        "GET /?token=S3cRet HTTP/1.1", "token: S3cRet", "token S3cRet", "Cookie: id=S3cRet",
        "LOGIN me S3cRet", "secret=S3cRet", "{pwd: S3cRet, name: n}"}) {
    EXPECT_THAT(redactUnparsed(sent), Not(HasSubstr("S3cRet"))) << sent;
  }
  EXPECT_EQ(redactUnparsed(R"({"pass":"a"S3cRet","name":"n"})"),
            R"({"pass":"[REDACTED]","name":"n"})");
}

TEST(Redact, HidesUserAndPasswordInAUrl) {
  constexpr Row kRows[] = {
      {"nats://u:p@h:4222", "nats://[REDACTED]@h:4222"},
      {"nats://t0ken@h", "nats://[REDACTED]@h"},
      {"a nats://u:p/w@h, tls://u:p@w@i b", "a nats://[REDACTED]@h, tls://[REDACTED]@i b"},
      {"nats://u:1/2@h", "nats://u:1/2@h"},  // looks like a host and a port
      {"nats://h:4222/a@b", "nats://h:4222/a@b"},
      {"nats://h", "nats://h"},
      {"nats://h:4222", "nats://h:4222"},
      {"nats://[::1]:4222/a@b", "nats://[::1]:4222/a@b"},
      {"nats://u:p@[::1]:4222", "nats://[REDACTED]@[::1]:4222"},
      {"http://h:80/?next=nats://u:p@i", "http://h:80/?next=nats://[REDACTED]@i"},
      {R"({"name":"nats://u:p@h"})", R"({"name":"nats://[REDACTED]@h"})"},
      {"urn:a:b@c", "urn:a:b@c"},
      {"://", "://"},
  };
  for (const Row& row : kRows)
    EXPECT_EQ(redact(row.sent), row.shown);
}

TEST(Redact, LeavesNamesAndSubjectsAlone) {
  for (const std::string_view text :
       {"orders.eu.>", "svc:prod@host1", "pass.along", "jobs.pass:today", "sig=none", "a b c",
        "M\u00fcller", "auth ok", R"({"name":"pass: x"})", "\r\n", "mailto:a@b.c"}) {
    EXPECT_EQ(redact(text), text);
  }
}

TEST(RedactUnparsed, TakesLooserFormsForSecretsToo) {
  constexpr Row kRows[] = {
      {"{pass:'s3cret', user: u}", "{pass:'[REDACTED]', user: u}"},
      {"{'pass': 's3\\'cret'}", "{'pass': '[REDACTED]'}"},
      {"pass=s3cret", "pass=[REDACTED]"},
      {"password: two words\r\nnext", "password: [REDACTED]\r\nnext"},
      {R"({"user":"a" "pass":"s3cret"})", R"({"user":"a" "pass":"[REDACTED]"})"},
      {R"("{\"pass\":\"s3cret\",\"user\":\"u\"}")",
       R"("{\"pass\":\"[REDACTED]\",\"user\":\"u\"}")"},
      {R"(\"pass\":\"s3\\\"cret\",)", R"(\"pass\":\"[REDACTED]\",)"},
      {"GET / HTTP/1.1\r\nProxy-Authorization: Basic dTpw\r\nA: b",
       "GET / HTTP/1.1\r\nProxy-Authorization: [REDACTED]\r\nA: b"},
      {"AUTH s3cret\r\n", "AUTH [REDACTED]"},
      {"USER u\r\nPASS s3cret\r\n", "USER u\r\nPASS [REDACTED]"},
      {"*2\r\n$4\r\nAUTH\r\n$6\r\ns3cret\r\n", "*2\r\n$4\r\nAUTH\r\n[REDACTED]"},
      {"u:p@h:4222 x", "[REDACTED]@h:4222 x"},
      {"'u:p/w@h'", "'[REDACTED]@h'"},
      {"nats://u:never-ends", "nats://[REDACTED]"},
  };
  for (const Row& row : kRows)
    EXPECT_EQ(redactUnparsed(row.sent), row.shown);
}

TEST(RedactUnparsed, ShowsTheRest) {
  for (const std::string_view text :
       {"PUB a b c 1", "GET / HTTP/1.1", "compass=north", "passed", "Authorization Violation",
        "a@b", "nats://h:4222", "\x16\x03\x01", "", "PASSENGER list", "sub pass"}) {
    EXPECT_EQ(redactUnparsed(text), text);
  }
}

TEST(QuoteSent, QuotesWhatIsLeft) {
  EXPECT_EQ(quoteSent("nats://u:p@h\n"), R"("nats://[REDACTED]@h\n")");
  EXPECT_EQ(quoteUnparsed("pass=\"x\"\r"), R"("pass=\"[REDACTED]\"\r")");
}

}  // namespace
}  // namespace gannet::protocol
