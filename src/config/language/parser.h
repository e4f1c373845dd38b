#pragma once

#include "base/result.h"
#include "config/language/cursor.h"
#include "config/language/document.h"
#include "config/language/scalar.h"
#include "config/language/value.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gannet::config {

// What the parsers of one document share: the file, what it includes, and the environment values it
// mentions.
struct ParseRun {
  Document& document;
  int include_depth = 0;
  std::size_t values = 0;                  // made so far, copies of variables among them
  std::vector<std::string> environment{};  // variables whose values are being parsed
};

// Parses one text, recursively by the forms of the grammar. Every step returns false when it met an
// error, which error() then holds.
//
// Keys wait on a stack until a value comes: a value that is dropped or missing leaves its key
// there, and the next one to end takes it, as in the reference ("a { foo }" sets `foo`).
//
// Cost  Linear in the text and the values that variables copy.
// Spec  config-and-cli §1.3
class Parser {
 public:
  // `file` names the text in errors and must stay; it belongs to the run's document.
  Parser(std::string_view text, std::string_view file, ParseRun& run);

  // The whole text as a map.
  Result<Map, Error> parse();

 private:
  // Inside which kind of braces an entry stands: each has its own separators and messages.
  enum class Level : unsigned char { top, block, map };

  struct PendingKey {
    std::string name;
    Position at;
  };

  void skipSpace();
  bool parseTop();
  bool parseBlock();
  bool parseBlockEntries();
  bool endBlock();
  bool parseMapEntries();
  bool parseEntry(Level level);
  bool parseKey(Level level, bool& is_include);
  bool parseQuotedKey(Level level, char quote);
  bool parseValue(std::vector<Value>* array);
  bool parseMap(std::vector<Value>* array);
  bool parseArray(std::vector<Value>* array);
  bool parseScalar(std::vector<Value>* array);
  bool parseInclude();
  Result<std::string, Error> scanIncludePath();
  bool includeFile(const std::string& path);
  bool endEntry(Level level);

  bool resolve(const Reference& reference, int line, Value& out);
  bool resolveFromEnvironment(const Reference& reference, int line, Value& out);

  bool place(Value value, std::vector<Value>* array);
  bool skipComment();
  bool enter();
  bool fail(std::string_view message);
  bool failWith(Error error);

  Cursor cursor_;
  std::string_view file_;
  ParseRun& run_;
  std::vector<Map*> open_;  // maps being filled, outermost first
  std::vector<PendingKey> keys_;
  Error error_;
  int nesting_ = 0;
  bool is_key_last_ = false;  // the text ended behind a key
  bool is_ended_ = false;     // the text ended where nothing more was needed
};

}  // namespace gannet::config
