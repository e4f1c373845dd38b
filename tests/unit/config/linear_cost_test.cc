// What a configuration costs grows with its length, whatever it is made of.

#include "tests/unit/linear_cost.h"

#include "config/findings.h"
#include "config/language/document.h"
#include "config/load.h"
#include "config/options.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace gannet::config {
namespace {

void readAll(const std::string& text) {
  const auto document = parseText(text, "test.conf");
  if (!document) return;
  static_cast<void>(digest(document->root));
  Options options;
  Findings findings;
  applyOptions(document->root, options, findings);
}

struct Shape {
  std::string_view name, before, unit, after;
};

class ConfigCost : public testing::TestWithParam<Shape> {};

TEST_P(ConfigCost, GrowsWithTheLengthOfTheFile) {
  const Shape& shape = GetParam();
  expectLinear(
      [&shape](std::size_t size) {
        return std::string(shape.before) + numbered(shape.unit, size) + std::string(shape.after);
      },
      readAll);
}

const Shape kShapes[] = {
    {"UnknownKeys", "", "k#: 1\n", ""},
    {"TheSameKey", "", "debug: true\n", ""},
    {"Comments", "", "# what # says\n", ""},
    {"BlankLines", "", "  \n", ""},
    {"LongComment", "#", "x", "\n"},
    {"LongString", "server_name: \"", "x", "\"\n"},
    {"EscapedString", "server_name: \"", "\\n", "\"\n"},
    {"OpenString", "server_name: \"", "x", ""},
    {"OpenBlockString", "server_name: (\n", "x\n", ""},
    {"BlockString", "server_name: (\n", "x\n", ")\n"},
    {"LongKey", "", "k", ": 1\n"},
    {"LongNumber", "port: ", "1", "\n"},
    {"Array", "server_tags: [", "t#, ", "]\n"},
    {"OpenArray", "server_tags: [", "t#, ", ""},
    {"Blocks", "", "b# { c { d: 1 } }\n", ""},
    {"OpenBlocks", "", "b {", ""},
    {"ClosingBrackets", "", "}", ""},
    {"Variables", "", "v#: 1\nw#: $v#\n", ""},
    {"OneVariable", "v: 1\n", "w#: $v\n", ""},
    {"UnknownVariables", "", "w#: $v#\n", ""},
    {"Pins", "tls { pinned_certs: [", "\"p#\", ", "] }\n"},
    {"Metadata", "server_metadata {", "k#: v\n", "}\n"},
};

INSTANTIATE_TEST_SUITE_P(Shapes, ConfigCost, testing::ValuesIn(kShapes),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace gannet::config
