#include "protocol/connect.h"

#include "base/json.h"

#include <gtest/gtest.h>

namespace gannet::protocol {
namespace {

TEST(Connect, IsVerbosePedanticAndEchoingByDefault) {  // client-protocol §2.6
  ConnectOptions options;
  ASSERT_TRUE(decodeConnect("{}", options));

  EXPECT_TRUE(options.verbose);
  EXPECT_TRUE(options.pedantic);
  EXPECT_TRUE(options.echo);
  EXPECT_FALSE(options.headers);
  EXPECT_EQ(options.protocol, 0);
}

TEST(Connect, TakesEveryField) {
  constexpr std::string_view kAll =
      R"({"verbose":false,"pedantic":false,"echo":false,"tls_required":true,"headers":true,)"
      R"("no_responders":true,"new_account":true,"protocol":1,"nkey":"n","jwt":"j","sig":"s",)"
      R"("auth_token":"t","user":"u","pass":"p","name":"me","lang":"c","version":"3",)"
      R"("account":"a","proxy_sig":"ps"})";
  ConnectOptions options;
  ASSERT_TRUE(decodeConnect(kAll, options));

  EXPECT_EQ(json::write(options), kAll);
}

TEST(Connect, DecodesOnTopOfThePreviousOne) {
  ConnectOptions options;
  ASSERT_TRUE(decodeConnect(R"({"verbose":false,"name":"a","protocol":1})", options));
  ASSERT_TRUE(decodeConnect(R"({"PEDANTIC":false,"name":null})", options));
  ASSERT_TRUE(decodeConnect("null", options));

  EXPECT_FALSE(options.verbose);
  EXPECT_FALSE(options.pedantic);
  EXPECT_EQ(options.name, "a");
  EXPECT_EQ(options.protocol, 1);
}

TEST(Connect, AcceptsWhatTheReferenceAccepts) {
  constexpr std::string_view kGood[] = {
      "null",
      "  null ",
      R"({"unknown":{"a":[1,{"b":"c"}]}})",
      R"({"import":{}})",
      R"({"export":{"allow":["a"],"deny":null}})",
      R"({"import":null})",
      R"({"remote_account":"x"})",
      R"({"account":null})",
      "{\"name\":\"\xff\"}",
      R"({"permissions":1})",
  };
  for (const std::string_view text : kGood) {
    ConnectOptions options;
    EXPECT_TRUE(decodeConnect(text, options)) << text;
  }
}

TEST(Connect, RefusesWhatTheReferenceRefuses) {
  constexpr std::string_view kBad[] = {
      "",
      "{bad}",
      "[]",
      "1",
      R"("x")",
      "{} x",
      "{}{}",
      R"({"verbose":"true"})",
      R"({"verbose":1})",
      R"({"protocol":1.0})",
      R"({"protocol":1e0})",
      R"({"protocol":"1"})",
      R"({"protocol":99999999999999999999})",
      R"({"unknown":01})",
      R"({"unknown":tru})",
      R"({"name":5})",
      R"({"nkey":{}})",
      R"({"verbose":false,})",
      R"({"name":"a\x"})",
      R"({"name":"\ud800"})",  // which the reference takes for U+FFFD
      "{\"name\":\"tab\tx\"}",
      R"({"import":"x"})",
      R"({"import":{"allow":"a"}})",
      R"({"remote_account":1})",
      R"({"new_account":1})",
  };
  for (const std::string_view text : kBad) {
    ConnectOptions options;
    options.name = "kept";
    const std::string before = json::write(options);
    EXPECT_FALSE(decodeConnect(text, options)) << text;
    EXPECT_EQ(json::write(options), before) << text;
  }
}

}  // namespace
}  // namespace gannet::protocol
