#include "subject/tokens.h"

#include <algorithm>

namespace gannet::subject {
namespace {

constexpr std::string_view kStar = "*";
constexpr std::string_view kTail = ">";

}  // namespace

Result<void, PatternError> checkPattern(std::string_view pattern) {
  TokenReader tokens(pattern);
  std::string_view token;
  bool after_tail = false;
  while (tokens.next(token)) {
    if (token.empty()) return PatternError::empty_token;
    if (after_tail) return PatternError::tail_not_last;
    after_tail = token == kTail;
  }
  return {};
}

bool isPattern(std::string_view pattern) {
  return checkPattern(pattern).has_value();
}

bool isStrictPattern(std::string_view pattern) {
  return pattern.find_first_of(" \t\r\n\f") == std::string_view::npos && isPattern(pattern);
}

bool isLiteral(std::string_view subject) {
  TokenReader tokens(subject);
  std::string_view token;
  while (tokens.next(token)) {
    if (token.empty() || token == kStar || token == kTail) return false;
  }
  return true;
}

bool hasOnlyTokens(std::string_view subject) {
  char before = '.';
  for (const char c : subject) {
    if (c == '.' && before == '.') return false;
    before = c;
  }
  return before != '.';
}

std::size_t countTokens(std::string_view text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '.')) + 1;
}

bool matches(std::string_view pattern, std::string_view subject) {
  TokenReader wanted_tokens(pattern);
  TokenReader tokens(subject);
  std::string_view wanted;
  std::string_view token;
  while (wanted_tokens.next(wanted)) {
    if (!tokens.next(token) || token.empty()) return false;
    if (wanted == kTail && wanted_tokens.atEnd()) {
      while (tokens.next(token)) {
        if (token.empty()) return false;
      }
      return true;
    }
    // A literal token of a pattern is never `*` or `>`, so bytes decide.
    if (wanted != kStar && wanted != token) return false;
  }
  return tokens.atEnd();
}

bool overlaps(std::string_view a, std::string_view b) {
  TokenReader a_tokens(a);
  TokenReader b_tokens(b);
  std::string_view from_a;
  std::string_view from_b;
  while (a_tokens.next(from_a)) {
    if (!b_tokens.next(from_b)) return false;
    if (from_a == kTail || from_b == kTail) return true;
    if (from_a != kStar && from_b != kStar && from_a != from_b) return false;
  }
  return b_tokens.atEnd();
}

bool isSubset(std::string_view narrow, std::string_view wide) {
  TokenReader narrow_tokens(narrow);
  TokenReader wide_tokens(wide);
  std::string_view inner;
  std::string_view outer;
  while (narrow_tokens.next(inner)) {
    if (!wide_tokens.next(outer)) return false;
    if (outer == kTail) return true;
    if (inner == kTail) return false;
    if (outer != kStar && inner != outer) return false;
  }
  return wide_tokens.atEnd();
}

}  // namespace gannet::subject
