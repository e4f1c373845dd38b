#include "base/assert.h"
#include "config/findings.h"
#include "config/language/document.h"
#include "config/language/go_duration.h"
#include "config/load.h"
#include "config/options.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

// Includes would read whatever file the fuzzer names.
bool mentionsInclude(std::string_view text) {
  constexpr std::string_view word = "include";
  const auto at = std::search(
      text.begin(), text.end(), word.begin(), word.end(),
      [](unsigned char left, unsigned char right) { return std::tolower(left) == right; });
  return at != text.end();
}

}  // namespace

// Any text of a configuration file: it parses, or one error says where it does not; a tree has one
// digest, whether it was read once or twice; and reading the options from it ends in findings.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gannet;
  constexpr std::size_t max_input = 1 << 16;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (size > max_input || mentionsInclude(text)) return 0;

  static_cast<void>(config::parseDuration(text));
  const auto document = config::parseText(text, "fuzz.conf");
  if (!document) {
    GANNET_ASSERT(!document.error().text.empty());
    return 0;
  }
  const auto again = config::parseText(text, "fuzz.conf");
  GANNET_ASSERT(again.has_value());
  GANNET_ASSERT(config::digest(document->root) == config::digest(again->root));

  config::Options options;
  config::Findings findings;
  config::applyOptions(document->root, options, findings);
  config::fillDefaults(options);
  return 0;
}
