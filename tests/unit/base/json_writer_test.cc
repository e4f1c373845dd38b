#include "base/json.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace gannet::json {
namespace {

TEST(JsonWriter, IndentsByThreeBlanksWhereItIsWide) {  // monitoring §1.3
  const std::map<std::string, std::vector<int>> nested = {{"a", {1, 2}}, {"b", {}}};
  EXPECT_EQ(write(nested, Style::wide),
            "{\n   \"a\": [\n      1,\n      2\n   ],\n   \"b\": []\n}");
  EXPECT_EQ(write(std::vector<int>{}, Style::wide), "[]");
}

}  // namespace
}  // namespace gannet::json
