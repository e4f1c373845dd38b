#include "config/language/parser.h"
#include "config/language/read_file.h"

#include <fmt/format.h>

#include <filesystem>

namespace gannet::config {

bool Parser::parseInclude() {
  const auto path = scanIncludePath();
  if (!path) return failWith(path.error());
  return includeFile(*path);
}

Result<std::string, Error> Parser::scanIncludePath() {
  cursor_.skipBlanks();
  const char c = cursor_.peek();
  const auto refused = [this](std::string_view found) {
    cursor_.advance();
    return syntaxError(cursor_, fmt::format("Expected include value but found {}", found));
  };
  if (c == '[') return refused("start of an array");
  if (c == '{') return refused("start of a map");
  if (c == '(') return refused("start of a block");
  if (c == '\\') return refused("escape sequence");
  if (c == '-' || isDigit(c)) return refused("start of a number");
  if (isNewline(c)) return refused("new line");

  const bool is_quoted = c == '\'' || c == '"';
  if (is_quoted) cursor_.advance();
  const auto isEnd = [&](char here) {
    if (is_quoted) return here == c;
    return isNewline(here) || isBlank(here) || here == ';' || here == '}' || here == '\'';
  };
  const std::size_t start = cursor_.offset();
  while (!cursor_.atEnd() && !isEnd(cursor_.peek()))
    cursor_.advance();
  std::string path(cursor_.since(start));
  if (is_quoted && cursor_.atEnd()) {
    return syntaxError(cursor_, c == '"' ? "Unexpected EOF in double quoted include"
                                         : "Unexpected EOF in quoted include");
  }
  if (is_quoted || cursor_.peek() == '\'') cursor_.advance();
  return path;
}

// The path is joined to the folder of the including file even if it is absolute.
bool Parser::includeFile(const std::string& path) {
  const auto refused = [&](std::string_view reason) {
    return failWith(Error{fmt::format("error parsing include file '{}', {}", path, reason)});
  };
  const std::filesystem::path folder = std::filesystem::path(file_).parent_path();
  std::string joined = std::filesystem::path(folder.string() + "/" + path).lexically_normal();
  if (folder.empty()) joined = std::filesystem::path("./" + path).lexically_normal();
  if (run_.include_depth >= kMaxIncludeDepth) {
    return refused(fmt::format("includes are nested more than {} deep", kMaxIncludeDepth));
  }
  const auto text = readFile(joined);
  if (!text) return refused(text.error().text);

  ++run_.include_depth;
  const std::string& name = run_.document.files.emplace_back(joined);
  auto entries = Parser(*text, name, run_).parse();
  --run_.include_depth;
  if (!entries) return refused(entries.error().text);
  for (auto& [key, entry] : *entries)
    open_.back()->insert_or_assign(key, std::move(entry));
  return true;
}

}  // namespace gannet::config
