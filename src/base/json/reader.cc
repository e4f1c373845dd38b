#include "base/json/reader.h"

#include "base/json/time.h"
#include "base/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

// JSON text as Go's encoding/json accepts it. The scanner is our own and not a library's because
// the differences can be seen: Go takes lone surrogates and bytes that are not UTF-8 for U+FFFD,
// tells 1 from 1.0, and lets null and repeated keys act in the order in which they come. It needs
// no tree: each value goes straight into its member.
//
// Recursion follows the nesting of our types only; what is skipped is skipped in a loop.
namespace gannet::json {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

// `key` in lower case. Two characters outside ASCII fold into it, and Go folds them: the Kelvin
// sign and the long s.
std::string foldKey(std::string_view key) {
  constexpr std::string_view kLongS = "\u017f";
  constexpr std::string_view kKelvin = "\u212a";
  std::string folded;
  while (!key.empty()) {
    const bool is_long_s = key.starts_with(kLongS);
    const bool is_kelvin = key.starts_with(kKelvin);
    folded.push_back(is_long_s ? 's' : is_kelvin ? 'k' : lower(key.front()));
    key.remove_prefix(is_long_s ? kLongS.size() : is_kelvin ? kKelvin.size() : 1);
  }
  return folded;
}

bool equalsFolded(std::string_view name, std::string_view folded) {
  return std::equal(name.begin(), name.end(), folded.begin(), folded.end(),
                    [](char x, char y) { return lower(x) == y; });
}

}  // namespace

Reader::Reader(std::string_view text, const ReadOptions& options) : text_(text), options_(options) {
  if (text.size() > options.max_bytes) fail("the document is too large");
}

void Reader::fail(std::string text) {
  if (!failed()) error_ = std::move(text);
}

void Reader::expected(std::string_view what) {
  fail(fmt::format("expected {}", what));
}

// The next byte that is not blank, or NUL: which no JSON token starts with.
char Reader::peek() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c != ' ' && c != '\t' && c != '\n' && c != '\r') return c;
    ++at_;
  }
  return '\0';
}

bool Reader::take(char c) {
  if (failed()) return false;
  if (peek() == c && at_ < text_.size()) {
    ++at_;
    return true;
  }
  fail(fmt::format("invalid JSON at byte {}", at_));
  return false;
}

void Reader::literal(std::string_view word) {
  if (text_.substr(at_, word.size()) == word) {
    at_ += word.size();
  } else {
    fail(fmt::format("invalid JSON at byte {}", at_));
  }
}

bool Reader::null() {
  if (failed() || peek() != 'n') return false;
  literal("null");
  return !failed();
}

void Reader::boolean(bool& value) {
  if (failed()) return;
  const char c = peek();
  if (c != 't' && c != 'f') return expected("true or false");
  literal(c == 't' ? "true" : "false");
  if (!failed()) value = c == 't';
}

// Takes a number in JSON's grammar; empty after an error.
std::string_view Reader::numberToken() {
  const std::size_t start = at_;
  const auto here = [&] { return at_ < text_.size() ? text_[at_] : '\0'; };
  const auto digits = [&] {
    const std::size_t first = at_;
    while (isDigit(here()))
      ++at_;
    return at_ > first;
  };
  if (here() == '-') ++at_;
  bool is_valid = true;
  if (here() == '0') {
    ++at_;
  } else {
    is_valid = digits();
  }
  if (is_valid && here() == '.') {
    ++at_;
    is_valid = digits();
  }
  if (is_valid && (here() == 'e' || here() == 'E')) {
    ++at_;
    if (here() == '+' || here() == '-') ++at_;
    is_valid = digits();
  }
  if (is_valid) return text_.substr(start, at_ - start);
  fail(fmt::format("invalid JSON at byte {}", at_));
  return {};
}

std::string_view Reader::integerToken() {
  if (failed()) return {};
  const char c = peek();
  if (c != '-' && !isDigit(c)) {
    expected("an integer");
    return {};
  }
  const std::string_view token = numberToken();
  if (token.find_first_of(".eE") != std::string_view::npos) expected("an integer");
  return failed() ? std::string_view{} : token;
}

void Reader::integer(std::int64_t& value, std::int64_t min, std::int64_t max) {
  const std::string_view token = integerToken();
  if (failed()) return;
  std::int64_t parsed = 0;
  const auto [end, code] = std::from_chars(token.data(), token.data() + token.size(), parsed);
  if (code != std::errc{} || parsed < min || parsed > max) {
    return expected(fmt::format("an integer from {} to {}", min, max));
  }
  value = parsed;
}

void Reader::integer(std::uint64_t& value, std::uint64_t max) {
  const std::string_view token = integerToken();
  if (failed()) return;
  std::uint64_t parsed = 0;
  const auto [end, code] = std::from_chars(token.data(), token.data() + token.size(), parsed);
  if (code != std::errc{} || parsed > max) {
    return expected(fmt::format("an integer from 0 to {}", max));
  }
  value = parsed;
}

void Reader::number(double& value) {
  if (failed()) return;
  const char c = peek();
  if (c != '-' && !isDigit(c)) return expected("a number");
  const std::string_view token = numberToken();
  if (failed()) return;
  double parsed = 0;
  const auto [end, code] = std::from_chars(token.data(), token.data() + token.size(), parsed);
  if (code != std::errc{}) return expected("a number that a double can hold");
  value = parsed;
}

void Reader::text(std::string& value) {
  if (failed()) return;
  if (peek() != '"') return expected("a string");
  std::string parsed;
  scanString(&parsed);
  if (!failed()) value = std::move(parsed);
}

void Reader::time(WallTime& value) {
  if (failed()) return;
  if (peek() != '"') return expected("a time");
  std::string parsed;
  scanString(&parsed);
  if (failed()) return;
  const auto time = parseTime(parsed);
  if (!time) return expected("a time as in RFC 3339");
  value = *time;
}

// Takes a string, into `value` unless null.
void Reader::scanString(std::string* value) {
  if (!take('"')) return;
  while (!failed()) {
    if (at_ == text_.size()) return fail("the document ends inside a string");
    const char c = text_[at_];
    if (c == '"') break;
    if (c == '\\') {
      ++at_;
      scanEscape(value);
      continue;
    }
    if (static_cast<unsigned char>(c) < 0x20) {
      return fail(fmt::format("invalid JSON at byte {}: a control character", at_));
    }
    const Rune rune = decodeRune(text_.substr(at_));
    if (value != nullptr) appendRune(*value, rune.valid ? rune.value : kReplacement);
    at_ += rune.size;
  }
  ++at_;
}

// Takes what follows a backslash.
void Reader::scanEscape(std::string* value) {
  constexpr std::string_view kNames = "\"\\/bfnrt";
  constexpr std::string_view kValues = "\"\\/\b\f\n\r\t";
  const char c = at_ < text_.size() ? text_[at_] : '\0';
  const std::size_t simple = c == '\0' ? std::string_view::npos : kNames.find(c);
  if (simple != std::string_view::npos) {
    ++at_;
    if (value != nullptr) value->push_back(kValues[simple]);
    return;
  }
  if (c != 'u') return fail(fmt::format("invalid JSON at byte {}: an unknown escape", at_));
  ++at_;
  char32_t rune = scanHex();
  const bool is_surrogate = rune >= 0xD800 && rune < 0xE000;
  if (is_surrogate) {
    const std::size_t second = at_;
    char32_t low = 0;
    if (rune < 0xDC00 && text_.substr(at_, 2) == "\\u") {
      at_ += 2;
      low = scanHex();
    }
    const bool is_pair = low >= 0xDC00 && low < 0xE000;
    if (!is_pair) at_ = second;
    rune = is_pair ? 0x10000 + ((rune - 0xD800) << 10U) + (low - 0xDC00) : kReplacement;
  }
  if (value != nullptr && !failed()) appendRune(*value, rune);
}

unsigned Reader::scanHex() {
  unsigned value = 0;
  const std::string_view digits = text_.substr(at_, 4);
  const char* const last = digits.data() + digits.size();
  const auto [end, code] = std::from_chars(digits.data(), last, value, 16);
  if (digits.size() < 4 || code != std::errc{} || end != last) {
    fail(fmt::format("invalid JSON at byte {}: a bad escape", at_));
  }
  at_ += digits.size();
  return value;
}

void Reader::scanScalar() {
  switch (const char c = peek()) {
    case '"': return scanString(nullptr);
    case 't': return literal("true");
    case 'f': return literal("false");
    case 'n': return literal("null");
    default:
      if (c == '-' || isDigit(c)) {
        numberToken();
      } else {
        fail(fmt::format("invalid JSON at byte {}", at_));
      }
  }
}

void Reader::skip() {
  std::string closers;  // of the brackets that are open
  do {
    const char c = failed() ? '\0' : peek();
    const bool is_bracket = c == '{' || c == '[';
    bool is_first = false;
    if (is_bracket) {
      if (!enter(c, "")) return;
      closers.push_back(c == '{' ? '}' : ']');
      is_first = true;
    } else {
      scanScalar();
    }
    while (!closers.empty() && !next(closers.back(), is_first)) {
      if (failed()) return;
      closers.pop_back();
    }
    if (!closers.empty() && closers.back() == '}') {
      scanString(nullptr);
      take(':');
    }
  } while (!closers.empty() && !failed());
}

bool Reader::enter(char bracket, std::string_view what) {
  if (failed()) return false;
  if (peek() != bracket) {
    expected(what);
    return false;
  }
  ++at_;
  if (++depth_ > options_.max_depth) fail("the document is nested too deeply");
  return !failed();
}

// True if another entry of the innermost bracket follows; false past its end or after an error.
bool Reader::next(char closer, bool& is_first) {
  if (failed()) return false;
  if (peek() == closer && at_ < text_.size()) {
    ++at_;
    --depth_;
    is_first = false;
    return false;
  }
  if (!std::exchange(is_first, false)) take(',');
  return !failed();
}

bool Reader::key(std::string& name) {
  name.clear();
  if (peek() != '"') {
    fail(fmt::format("invalid JSON at byte {}", at_));
    return false;
  }
  scanString(&name);
  return take(':');
}

void Reader::object(std::span<const Field> fields, void* object) {
  if (!enter('{', "an object")) return;
  std::string name;
  bool is_first = true;
  while (next('}', is_first) && key(name)) {
    auto field = std::find_if(fields.begin(), fields.end(),
                              [&](const Field& candidate) { return candidate.name == name; });
    if (field == fields.end() && options_.key_case == KeyCase::any) {
      const std::string folded = foldKey(name);
      field = std::find_if(fields.begin(), fields.end(), [&](const Field& candidate) {
        return equalsFolded(candidate.name, folded);
      });
    }
    if (field == fields.end()) {
      if (options_.unknown_keys == UnknownKeys::refused) {
        return fail(fmt::format("unknown field \"{}\"", name));
      }
      skip();
      continue;
    }
    field->read(*this, object);
    if (failed())
      path_.insert(0, path_.empty() ? std::string{field->name} : fmt::format("{}.", field->name));
  }
}

void Reader::map(void (*entry)(Reader&, std::string&&, void*), void* map) {
  if (!enter('{', "an object")) return;
  std::string name;
  bool is_first = true;
  while (next('}', is_first) && key(name))
    entry(*this, std::move(name), map);
}

void Reader::array(void (*element)(Reader&, void*), void* vector) {
  if (!enter('[', "an array")) return;
  bool is_first = true;
  while (next(']', is_first))
    element(*this, vector);
}

Result<void, Error> Reader::finish() {
  peek();
  if (at_ < text_.size()) fail(fmt::format("invalid JSON at byte {}", at_));
  if (!failed()) return {};
  if (path_.empty()) return Error{error_};
  return Error{fmt::format("field \"{}\": {}", path_, error_)};
}

}  // namespace gannet::json
