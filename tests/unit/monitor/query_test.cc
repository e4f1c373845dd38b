#include "monitor/http/query.h"

#include <gtest/gtest.h>

namespace gannet::monitor {
namespace {

TEST(Query, DecodesAsGoDoes) {  // monitoring §1.3

  struct Row {
    std::string_view text, value;
  };

  constexpr Row kRows[] = {
      {"", ""},           {"a=1", "1"},         {"a=1&a=2", "1"}, {"b=2&a=x%20y+z", "x y z"},
      {"a", ""},          {"a=", ""},           {"=1", ""},       {"a=1;b=2", ""},
      {"a=%zz", ""},      {"a=%", ""},          {"a=%4", ""},     {"a=%41", "A"},
      {"%61=1", "1"},     {"&&a=1&", "1"},      {"a=b=c", "b=c"}, {"A=1", ""},
      {"a=%zz&a=2", "2"}, {"a=%e2%82%ac", "€"},
  };
  for (const Row& row : kRows)
    EXPECT_EQ(Query(row.text).text("a"), row.value) << row.text;
}

TEST(Query, ReadsBooleans) {
  for (const char* text : {"1", "t", "T", "true", "TRUE", "True"}) {
    EXPECT_TRUE(*Query(std::string("x=") + text).boolean("x")) << text;
  }
  for (const char* text : {"", "0", "f", "F", "false", "FALSE", "False"}) {
    EXPECT_FALSE(*Query(std::string("x=") + text).boolean("x")) << text;
  }
  EXPECT_EQ(
      Query("auth=yes").boolean("auth").error().text,
      R"(Error decoding boolean for 'auth': strconv.ParseBool: parsing "yes": invalid syntax)");
}

TEST(Query, ReadsNumbers) {
  EXPECT_EQ(*Query("n=-5").integer("n"), -5);
  EXPECT_EQ(*Query("n=%2B5").integer("n"), 5);
  EXPECT_EQ(*Query("").integer("n"), 0);
  EXPECT_EQ(*Query("n=18446744073709551615").unsignedInteger("n"), 18446744073709551615U);

  EXPECT_EQ(Query("limit=x").integer("limit").error().text,
            R"(Error decoding int for 'limit': strconv.Atoi: parsing "x": invalid syntax)");
  EXPECT_EQ(Query("limit=99999999999999999999").integer("limit").error().text,
            R"(Error decoding int for 'limit': strconv.Atoi: parsing "99999999999999999999": )"
            "value out of range");
  EXPECT_EQ(Query("cid=-1").unsignedInteger("cid").error().text,
            R"(Error decoding uint64 for 'cid': strconv.ParseUint: parsing "-1": invalid syntax)");
  EXPECT_EQ(Query("cid=%22").unsignedInteger("cid").error().text,
            R"(Error decoding uint64 for 'cid': strconv.ParseUint: parsing "\"": invalid syntax)");
  for (const char* text : {"1.5", "1 ", "%2B-1", "--1", "0x1", "1e3"}) {
    EXPECT_FALSE(Query(std::string("n=") + text).integer("n")) << text;
  }
}

TEST(CleanPath, IsWhatEndpointsAreServedUnder) {  // monitoring §1.2

  struct Row {
    std::string_view path, clean;
  };

  constexpr Row kRows[] = {{"", "/"},          {"/", "/"},           {"nats/", "/nats"},
                           {"/nats", "/nats"}, {"//a/./b/", "/a/b"}, {"/a/../b", "/b"},
                           {"/../..", "/"},    {"a//b", "/a/b"}};
  for (const Row& row : kRows)
    EXPECT_EQ(cleanPath(row.path), row.clean) << row.path;
}

}  // namespace
}  // namespace gannet::monitor
