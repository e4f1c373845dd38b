#include "base/assert.h"
#include "base/json.h"

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gannet {
namespace {

enum class Word : std::uint8_t { limits, new_ };
BOOST_DESCRIBE_ENUM(Word, limits, new_)

// A member of each kind, itself among them.
struct Node {
  bool flag = false;
  std::int8_t small = 0;
  std::uint64_t big = 0;
  double ratio = 0;
  std::string text;
  Word word = Word::limits;
  std::chrono::nanoseconds wait{0};
  WallTime when;
  json::Bytes bytes;
  json::Omit<std::optional<int>> maybe;
  json::Omit<std::map<std::string, std::vector<int>>> table;
  json::Omit<std::vector<Node>> below;
};
BOOST_DESCRIBE_STRUCT(Node, (),
                      (flag, small, big, ratio, text, word, wait, when, bytes, maybe, table, below))

// What is taken reads back as it was written, and a strict reader takes less.
void check(std::string_view text) {
  const auto strict = json::read<Node>(text, {.unknown_keys = json::UnknownKeys::refused});
  const auto node = json::read<Node>(text);
  GANNET_ASSERT(node || !strict);
  if (!node) return;
  const std::string written = json::write(*node);
  if (strict) GANNET_ASSERT(json::write(*strict) == written);
  const auto back = json::read<Node>(written, {.unknown_keys = json::UnknownKeys::refused});
  GANNET_ASSERT(back && json::write(*back) == written);
}

}  // namespace
}  // namespace gannet

// Any document.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  gannet::check({reinterpret_cast<const char*>(data), size});
  return 0;
}
