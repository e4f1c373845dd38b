#include "config/language/scalar.h"

#include "config/findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>

// A value is what its first byte says until a byte comes that does not fit: then digits turn into a
// bare word ("30s"), a float into an address ("10.0.0.1"), or it is an error. Each function below
// is one such form; it starts at the first byte of the value and leaves the cursor behind it.

namespace gannet::config {
namespace {

constexpr bool endsWord(char c) {
  return isNewline(c) || isBlank(c) || c == '\0' || c == ';' || c == ',' || c == ']' || c == '}';
}

// What may follow a number; `]` is missing here, so that "[1]" is no number. Sharp edge of §1.5.
constexpr bool endsNumber(char c) {
  return isNewline(c) || isBlank(c) || c == '\0' || c == ';' || c == ',' || c == '}';
}

constexpr bool isSizeLetter(char c) {
  return std::string_view("kKmMgGtTpPeE").find(c) != std::string_view::npos;
}

constexpr bool isUnitLetter(char c) {
  return c == 'b' || c == 'B' || c == 'i' || c == 'I';
}

int hexDigit(char c) {
  if (isDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The byte that "\xHH" stands for; the cursor is behind the x.
Result<char, Error> scanHexByte(Cursor& cursor) {
  const std::size_t start = cursor.offset();
  for (int i = 0; i < 2; ++i) {
    const bool is_end = isNewline(cursor.peek());
    cursor.advance();
    if (is_end) {
      return syntaxError(cursor,
                         "Expected two hexadecimal digits after '\\x', but hit end of line");
    }
  }
  const std::string_view digits = cursor.since(start);
  const int high = digits.size() == 2 ? hexDigit(digits[0]) : -1;
  const int low = digits.size() == 2 ? hexDigit(digits[1]) : -1;
  if (high < 0 || low < 0) {
    return syntaxError(cursor, fmt::format("Expected two hexadecimal digits after '\\x', but got "
                                           "'{}'",
                                           digits));
  }
  return static_cast<char>(high * 16 + low);
}

// The byte that an escape stands for; the cursor is on the backslash.
Result<char, Error> scanEscape(Cursor& cursor) {
  cursor.advance();
  const std::string_view shown = cursor.shown();
  const char letter = cursor.peek();
  cursor.advance();
  switch (letter) {
    case 't': return '\t';
    case 'n': return '\n';
    case 'r': return '\r';
    case '"': return '"';
    case '\\': return '\\';
    case 'x': return scanHexByte(cursor);
    default:
      return syntaxError(
          cursor, fmt::format("Invalid escape character '{}'. Only the following escape characters "
                              "are allowed: \\xXX, \\t, \\n, \\r, \\\", \\\\.",
                              shown));
  }
}

Scalar wordValue(std::string word) {
  const std::string lower = lowerCased(word);
  if (lower == "true" || lower == "yes" || lower == "on") return true;
  if (lower == "false" || lower == "no" || lower == "off") return false;
  if (word.starts_with("$2a$")) return word;  // a bcrypt hash
  if (word.starts_with('$')) return Reference{word.substr(1)};
  return word;
}

// A bare word that begins with `prefix`, which has been read.
Result<Scalar, Error> scanWord(Cursor& cursor, std::string prefix) {
  std::string word = std::move(prefix);
  bool has_escapes = false;
  for (;;) {
    const char c = cursor.peek();
    if (c == '\\') {
      const auto byte = scanEscape(cursor);
      if (!byte) return byte.error();
      word += *byte;
      has_escapes = true;
      continue;
    }
    if (c == '\'') {
      cursor.advance();
      return Scalar(std::move(word));
    }
    if (endsWord(c)) return has_escapes ? Scalar(word) : wordValue(std::move(word));
    word += c;
    cursor.advance();
  }
}

Result<Scalar, Error> scanDoubleQuoted(Cursor& cursor) {
  cursor.advance();
  std::string text;
  const std::size_t start = cursor.offset();
  for (;;) {
    if (cursor.atEnd()) {
      if (cursor.offset() == start) return Missing{};
      return syntaxError(cursor, "Unexpected EOF.");
    }
    const char c = cursor.peek();
    if (c == '\\') {
      const auto byte = scanEscape(cursor);
      if (!byte) return byte.error();
      text += *byte;
      continue;
    }
    cursor.advance();
    if (c == '"') return Scalar(std::move(text));
    text += c;
  }
}

Result<Scalar, Error> scanSingleQuoted(Cursor& cursor) {
  cursor.advance();
  const std::size_t start = cursor.offset();
  while (!cursor.atEnd() && cursor.peek() != '\'')
    cursor.advance();
  std::string text(cursor.since(start));
  if (cursor.atEnd()) {
    if (text.empty()) return Missing{};
    return syntaxError(cursor, "Unexpected EOF.");
  }
  cursor.advance();
  return Scalar(std::move(text));
}

// "( … )": ends at a parenthesis that stands alone at the start of a line.
Result<Scalar, Error> scanBlock(Cursor& cursor) {
  cursor.advance();
  const std::size_t start = cursor.offset();
  char before = '(';
  for (; !cursor.atEnd(); cursor.advance()) {
    const char c = cursor.peek();
    const char after = cursor.peek(1);
    if (c == ')' && before == '\n' && (after == '\n' || after == '\0')) {
      std::string text(cursor.since(start));
      if (after == '\0') text += ')';  // at the very end the reference keeps it
      cursor.advance();
      return Scalar(std::move(text));
    }
    before = c;
  }
  return syntaxError(cursor, "Unexpected EOF processing block.");
}

Result<Scalar, Error> scanDate(Cursor& cursor, std::size_t start) {
  constexpr std::string_view kShape = "00-00T00:00:00Z";  // behind the year and its dash
  for (const char expected : kShape) {
    const std::string_view shown = cursor.shown();
    const char c = cursor.peek();
    const bool fits = expected == '0' ? isDigit(c) : c == expected;
    cursor.advance();
    if (fits) continue;
    const std::string what = expected == '0' ? "digit" : fmt::format("'{}'", expected);
    return syntaxError(
        cursor,
        fmt::format("Expected {} in ISO8601 datetime, but found '{}' instead.", what, shown));
  }
  const std::string text(cursor.since(start));
  const auto part = [&](std::size_t at, std::size_t size) {
    int number = 0;
    std::from_chars(text.data() + at, text.data() + at + size, number);
    return number;
  };
  const int year = part(0, 4);
  const int month = part(5, 2);
  const bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  constexpr std::array<int, 13> kDays = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool is_real =
      month >= 1 && month <= 12 && part(8, 2) >= 1 &&
      part(8, 2) <= kDays.at(static_cast<std::size_t>(month)) + (month == 2 && is_leap ? 1 : 0) &&
      part(11, 2) < 24 && part(14, 2) < 60 && part(17, 2) < 60;
  if (!is_real) return Error{fmt::format("expected Zulu formatted DateTime, but got '{}'", text)};
  return Datetime{text};
}

// 1000^power or 1024^power, by the letters behind the digits; nothing if they mean nothing.
std::optional<std::uint64_t> multiplier(std::string_view suffix) {
  const std::string lower = lowerCased(suffix);
  if (lower.empty()) return 1;
  const std::string_view unit = std::string_view(lower).substr(1);
  if (!unit.empty() && unit != "b" && unit != "i" && unit != "ib") return std::nullopt;
  std::uint64_t result = 1;
  const std::size_t power = std::string_view("kmgtpe").find(lower.front()) + 1;
  for (std::size_t i = 0; i < power; ++i)
    result *= unit.empty() ? 1000U : 1024U;
  return result;
}

Result<Scalar, Error> integerValue(std::string_view text) {
  const auto digits_end = std::find_if(text.begin() + (text.front() == '-' ? 1 : 0), text.end(),
                                       [](char c) { return !isDigit(c); });
  const std::string_view digits(text.data(), static_cast<std::size_t>(digits_end - text.begin()));
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{}) return Error{fmt::format("integer '{}' is out of the range", text)};
  const auto factor = multiplier(text.substr(digits.size()));
  if (!factor) return Dropped{};
  // Wraps as the reference's multiplication does.
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(number) * *factor);
}

// Behind "12.": a float, or an address when another point follows.
Result<Scalar, Error> scanFloat(Cursor& cursor, std::size_t start) {
  cursor.advance();
  if (!isDigit(cursor.peek())) {
    const std::string message = fmt::format(
        "Floats must have a digit after the '.', but got '{}' instead.", cursor.shown());
    cursor.advance();
    return syntaxError(cursor, message);
  }
  while (isDigit(cursor.peek()))
    cursor.advance();
  if (cursor.peek() == '.') {
    const auto belongs = [](char c) { return isDigit(c) || c == '.' || c == ':' || c == '-'; };
    while (belongs(cursor.peek()))
      cursor.advance();
    return Scalar(std::string(cursor.since(start)));
  }
  const std::string_view text = cursor.since(start);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return Error{fmt::format("float '{}' is out of the range", text)};
  return number;
}

Result<Scalar, Error> scanNegative(Cursor& cursor) {
  const std::size_t start = cursor.offset();
  cursor.advance();
  if (!isDigit(cursor.peek())) {
    const std::string message = cursor.peek() == '.'
                                    ? std::string("Floats must start with a digit, not '.'.")
                                    : fmt::format("Expected a digit but got '{}'.", cursor.shown());
    cursor.advance();
    return syntaxError(cursor, message);
  }
  while (isDigit(cursor.peek()))
    cursor.advance();
  if (cursor.peek() == '.') return scanFloat(cursor, start);
  if (!isSizeLetter(cursor.peek())) return integerValue(cursor.since(start));
  cursor.advance();
  while (isUnitLetter(cursor.peek()))
    cursor.advance();
  if (endsNumber(cursor.peek())) return integerValue(cursor.since(start));
  cursor.advance();
  return scanWord(cursor, std::string(cursor.since(start)));
}

Result<Scalar, Error> scanNumber(Cursor& cursor) {
  const std::size_t start = cursor.offset();
  while (isDigit(cursor.peek()))
    cursor.advance();
  if (cursor.peek() == '.') return scanFloat(cursor, start);
  if (cursor.peek() == '-') {
    const bool is_year = cursor.offset() - start == 4;
    cursor.advance();
    if (is_year) return scanDate(cursor, start);
    return syntaxError(cursor, "All ISO8601 dates must be in full Zulu form.");
  }
  if (isSizeLetter(cursor.peek())) {
    cursor.advance();
    while (isUnitLetter(cursor.peek()))
      cursor.advance();
  }
  if (endsNumber(cursor.peek())) return integerValue(cursor.since(start));
  cursor.advance();  // whatever it is, it belongs to the word
  return scanWord(cursor, std::string(cursor.since(start)));
}

}  // namespace

Error syntaxError(const Cursor& cursor, std::string_view message) {
  return Error{fmt::format("Parse error on line {}: '{}'", cursor.line(), message)};
}

Result<Scalar, Error> scanScalar(Cursor& cursor) {
  const char c = cursor.peek();
  switch (c) {
    case '\'': return scanSingleQuoted(cursor);
    case '"': return scanDoubleQuoted(cursor);
    case '(': return scanBlock(cursor);
    case '-': return scanNegative(cursor);
    case '.': return syntaxError(cursor, "Floats must start with a digit");
    default: break;
  }
  if (isDigit(c)) return scanNumber(cursor);
  if (isNewline(c)) {
    cursor.advance();
    return syntaxError(cursor, "Expected value but found new line");
  }
  return scanWord(cursor, "");
}

}  // namespace gannet::config
