#pragma once

#include "base/result.h"
#include "config/language/value.h"

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

namespace gannet::config {

// A configuration file with everything it includes, variables replaced, not yet checked for
// meaning.
struct Document {
  Map root;
  std::deque<std::string> files;  // the names that positions in `root` point at
};

// Limits of ours, where the reference has none and dies: a file that includes itself, brackets
// without end, variables that double a value again and again.
inline constexpr int kMaxIncludeDepth = 64;
inline constexpr int kMaxNesting = 500;
inline constexpr std::size_t kMaxValues = 2'000'000;
inline constexpr std::size_t kMaxFileSize = 256UL << 20U;

// Reads and parses `path`. Errors are the reference's texts, without the program's name.
// Spec: config-and-cli §1
Result<Document, Error> parseFile(const std::string& path);

// Parses `text` as if it were the content of `path`: includes are looked up beside that.
Result<Document, Error> parseText(std::string_view text, const std::string& path);

// "sha256:…" of the tree, however it was written down. Spec: config-and-cli §1.11
[[nodiscard]] std::string digest(const Map& root);

}  // namespace gannet::config
