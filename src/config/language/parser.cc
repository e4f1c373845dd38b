#include "config/language/parser.h"

#include "base/go_quote.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace gannet::config {
namespace {

// Values of the environment have no place in a file; some options refuse them for that.
void forgetPositions(Value& value) {
  value.at = {};
  if (auto* array = std::get_if<Array>(&value.data)) {
    for (Value& element : *array)
      forgetPositions(element);
  }
}

constexpr bool isInclude(std::string_view word) {
  constexpr std::string_view kWord = "include";
  if (word.size() != kWord.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if ((static_cast<unsigned char>(word[i]) | 0x20U) != static_cast<unsigned char>(kWord[i])) {
      return false;
    }
  }
  return true;
}

}  // namespace

Parser::Parser(std::string_view text, std::string_view file, ParseRun& run)
    : cursor_(text, file), file_(file), run_(run) {}

Result<Map, Error> Parser::parse() {
  Map root;
  open_.push_back(&root);
  if (!parseTop()) return error_;
  // A closing brace too many reads as a key; the reference lets the last one pass.
  if (is_key_last_ && keys_.back().name != "}") {
    const Position at = cursor_.position();
    return Error{fmt::format("config is invalid ({}:{}:{})", at.file, at.line, at.column)};
  }
  return root;
}

void Parser::skipSpace() {
  while (isBlank(cursor_.peek()) || isNewline(cursor_.peek()))
    cursor_.advance();
}

bool Parser::parseTop() {
  for (;;) {
    skipSpace();
    if (is_ended_) return true;
    if (cursor_.atEnd()) return !cursor_.skipNul() || fail("Unexpected EOF.");
    if (skipComment()) continue;
    if (cursor_.peek() == '/') {
      cursor_.advance();
      return fail("Unexpected EOF.");
    }
    if (cursor_.peek() == '{') {
      cursor_.advance();
      if (!parseBlock()) return false;
    } else {
      if (!parseEntry(Level::top)) return false;
      if (!is_ended_ && !endEntry(Level::top)) return false;
    }
  }
}

// Braces around entries of the top level; they make no map.
bool Parser::parseBlock() {
  if (!enter()) return false;
  if (!parseBlockEntries()) return false;
  --nesting_;
  return true;
}

bool Parser::parseBlockEntries() {
  for (;;) {
    skipSpace();
    if (cursor_.atEnd()) {
      is_ended_ = true;
      return true;
    }
    if (skipComment()) continue;
    if (cursor_.peek() == '}') {
      cursor_.advance();
      return true;
    }
    if (cursor_.peek() == '{') {
      cursor_.advance();
      if (!parseBlock()) return false;
      if (is_ended_) return true;
      if (!endBlock()) return false;
      continue;
    }
    if (!parseEntry(Level::block)) return false;
    if (is_ended_) return true;
    if (!endEntry(Level::block)) return false;
  }
}

// Behind a block inside a block.
bool Parser::endBlock() {
  for (;;) {
    const char c = cursor_.peek();
    if (isBlank(c)) {
      cursor_.advance();
      continue;
    }
    if (isNewline(c) || c == ';' || c == ',') {
      cursor_.advance();
      while (isBlank(cursor_.peek()) || isNewline(cursor_.peek()))
        cursor_.advance();
      if (c == ';' || c == ',' || cursor_.peek() == '}') return true;
      continue;
    }
    if (skipComment() || c == '}') return true;
    const std::string message = fmt::format(
        "Expected a block-level to end with a '}}', but got '{}' instead.", cursor_.shown());
    cursor_.advance();
    return fail(message);
  }
}

bool Parser::parseEntry(Level level) {
  bool is_include = false;
  if (!parseKey(level, is_include)) return false;
  if (is_ended_) return true;
  if (is_include) return parseInclude();

  cursor_.skipSpaces();
  if (level != Level::map && cursor_.atEnd()) {
    is_key_last_ = is_ended_ = true;
    return true;
  }
  if (isSeparator(cursor_.peek())) cursor_.advance();
  if (level == Level::map) {
    cursor_.skipSpaces();
    if (cursor_.peek() == ',') {
      cursor_.advance();
      return fail("Unexpected map value terminator \",\".");
    }
    if (cursor_.peek() == '}') return true;  // the key stays on the stack
  }
  return parseValue(nullptr);
}

bool Parser::parseKey(Level level, bool& is_include) {
  cursor_.skipSpaces();
  if (isSeparator(cursor_.peek())) {
    return fail(fmt::format("Unexpected key separator '{}'{}", cursor_.peek(),
                            level == Level::map ? "." : ""));
  }
  const char quote = cursor_.peek();
  if (quote == '"' || quote == '\'') return parseQuotedKey(level, quote);

  const Position at = cursor_.position();
  const std::size_t start = cursor_.offset();
  while (!cursor_.atEnd() && !isSeparator(cursor_.peek()) && cursor_.spaceSize() == 0) {
    cursor_.advance();
  }
  const std::string_view name = cursor_.since(start);
  if (cursor_.atEnd() && level == Level::map) return fail("Unexpected EOF processing map key.");
  if (!cursor_.atEnd() && !isSeparator(cursor_.peek()) && isInclude(name)) {
    is_include = true;
    return true;
  }
  keys_.push_back({std::string(name), at});
  return true;
}

bool Parser::parseQuotedKey(Level level, char quote) {
  cursor_.advance();
  const Position at = cursor_.position();
  const std::size_t start = cursor_.offset();
  while (!cursor_.atEnd() && cursor_.peek() != quote)
    cursor_.advance();
  const std::string_view name = cursor_.since(start);
  if (cursor_.atEnd()) {
    if (level == Level::map) {
      return fail(quote == '"' ? "Unexpected EOF processing double quoted map key."
                               : "Unexpected EOF processing quoted map key.");
    }
    if (!name.empty()) return fail("Unexpected EOF.");
    is_ended_ = true;
    return true;
  }
  cursor_.advance();
  keys_.push_back({std::string(name), at});
  return true;
}

bool Parser::parseValue(std::vector<Value>* array) {
  cursor_.skipBlanks();
  if (cursor_.peek() == '[') return parseArray(array);
  if (cursor_.peek() == '{') return parseMap(array);
  return parseScalar(array);
}

bool Parser::parseMap(std::vector<Value>* array) {
  if (!enter()) return false;
  cursor_.advance();
  Map map;
  open_.push_back(&map);
  if (!parseMapEntries()) return false;
  open_.pop_back();
  --nesting_;
  return place(Value{std::move(map), cursor_.position()}, array);
}

bool Parser::parseMapEntries() {
  for (;;) {
    cursor_.skipSpaces();
    if (cursor_.atEnd()) return fail("Unexpected EOF processing map.");
    if (skipComment()) continue;
    const char c = cursor_.peek();
    if (c == '}') {
      cursor_.advance();
      return true;
    }
    if (c == ']') return fail("Unexpected array end ']' processing map.");
    if (!parseEntry(Level::map)) return false;
    if (is_ended_) return fail("Unexpected EOF processing map.");
    if (!endEntry(Level::map)) return false;
  }
}

bool Parser::parseArray(std::vector<Value>* outer) {
  if (!enter()) return false;
  cursor_.advance();
  Array array;
  for (;;) {
    cursor_.skipSpaces();
    if (skipComment()) continue;
    if (cursor_.peek() == ',') return fail("Unexpected array value terminator ','.");
    if (cursor_.peek() == ']') break;
    if (!parseValue(&array)) return false;
    if (is_ended_) return true;
    do {
      cursor_.skipBlanks();
    } while (skipComment());
    const char c = cursor_.peek();
    if (c == ']') break;
    if (c == ',' || isNewline(c)) {
      cursor_.advance();
      continue;
    }
    const std::string message = fmt::format(
        "Expected an array value terminator \",\" or an array terminator \"]\", but got '{}' "
        "instead.",
        cursor_.shown());
    cursor_.advance();
    return fail(message);
  }
  cursor_.advance();
  --nesting_;
  return place(Value{std::move(array), cursor_.position()}, outer);
}

bool Parser::parseScalar(std::vector<Value>* array) {
  Value value;
  value.at = cursor_.position();
  const char first = cursor_.peek();
  if (first == '"' || first == '\'') ++value.at.column;
  auto scalar = scanScalar(cursor_);
  if (!scalar) return failWith(scalar.error());
  if (std::holds_alternative<Dropped>(*scalar)) return true;
  if (std::holds_alternative<Missing>(*scalar)) {
    is_key_last_ = is_ended_ = true;
    return true;
  }
  if (const auto* reference = std::get_if<Reference>(&*scalar)) {
    const Position at = value.at;
    if (!resolve(*reference, cursor_.line(), value)) return false;
    value.at = at;
    return place(std::move(value), array);
  }
  std::visit(
      [&value](auto& read) {
        using Read = std::decay_t<decltype(read)>;
        if constexpr (std::is_constructible_v<decltype(Value::data), Read>) {
          value.data = std::move(read);
        }
      },
      *scalar);
  return place(std::move(value), array);
}

// What separates entries, up to where the next one may begin.
bool Parser::endEntry(Level level) {
  for (;;) {
    cursor_.skipBlanks();
    if (skipComment()) continue;
    const char c = cursor_.peek();
    if (cursor_.atEnd() && level == Level::top) {
      cursor_.skipNul();
      return true;
    }
    if (c == '}' && level != Level::top) return true;
    if (isNewline(c) || c == ';' || c == ',' || c == '}') {
      cursor_.advance();
      return true;
    }
    const std::string_view expected =
        level == Level::top ? "Expected a top-level value to end with a new line, comment or EOF"
        : level == Level::block
            ? "Expected a block-level value to end with a new line, comment or EOF"
            : R"(Expected a map value terminator "," or a map terminator "}")";
    if (c == '/') cursor_.advance();  // no comment after all: the next character is to blame
    const std::string message = fmt::format("{}, but got '{}' instead.", expected, cursor_.shown());
    cursor_.advance();
    return fail(message);
  }
}

bool Parser::resolve(const Reference& reference, int line, Value& out) {
  const auto scope = std::find_if(open_.rbegin(), open_.rend(), [&reference](const Map* map) {
    return map->find(reference.name) != map->end();
  });
  if (scope == open_.rend()) return resolveFromEnvironment(reference, line, out);
  Entry& found = (*scope)->find(reference.name)->second;
  found.is_variable = true;
  run_.values += countValues(found.value);
  if (run_.values > kMaxValues) return fail("The configuration holds too many values");
  out = found.value;
  return true;
}

bool Parser::resolveFromEnvironment(const Reference& reference, int line, Value& out) {
  const auto failed = [&](std::string_view reason) {
    return failWith(Error{
        fmt::format("variable reference for '{}' on line {} {}", reference.name, line, reason)});
  };
  const char* text = reference.name.empty() ? nullptr : std::getenv(reference.name.c_str());
  if (text == nullptr) return failed("can not be found");
  for (const std::string& name : run_.environment) {
    if (name != reference.name) continue;
    return failWith(Error{fmt::format("variable reference cycle for '{}'", reference.name)});
  }
  run_.environment.push_back(reference.name);
  const std::string assignment = fmt::format("pk={}", text);
  auto parsed = Parser(assignment, "", run_).parse();
  run_.environment.pop_back();
  if (!parsed) return failed("could not be parsed: " + parsed.error().text);
  const auto value = parsed->find("pk");
  if (value == parsed->end()) return failed("can not be found");
  out = std::move(value->second.value);
  forgetPositions(out);
  return true;
}

// Gives the value to the array around it, or to the last key that has none.
bool Parser::place(Value value, std::vector<Value>* array) {
  if (++run_.values > kMaxValues) return fail("The configuration holds too many values");
  if (array != nullptr) {
    array->push_back(std::move(value));
    return true;
  }
  PendingKey key = std::move(keys_.back());
  keys_.pop_back();
  open_.back()->insert_or_assign(std::move(key.name), Entry{std::move(value), key.at, false});
  return true;
}

// Steps over a comment, up to its newline.
bool Parser::skipComment() {
  const bool is_comment =
      cursor_.peek() == '#' || (cursor_.peek() == '/' && cursor_.peek(1) == '/');
  if (!is_comment) return false;
  while (!cursor_.atEnd() && !isNewline(cursor_.peek()))
    cursor_.advance();
  return true;
}

bool Parser::enter() {
  if (++nesting_ <= kMaxNesting) return true;
  return fail(fmt::format("Brackets are nested more than {} deep", kMaxNesting));
}

bool Parser::fail(std::string_view message) {
  return failWith(syntaxError(cursor_, message));
}

bool Parser::failWith(Error error) {
  error_ = std::move(error);
  return false;
}

}  // namespace gannet::config
