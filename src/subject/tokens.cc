#include "subject/tokens.h"

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

bool isLiteral(std::string_view subject) {
  TokenReader tokens(subject);
  std::string_view token;
  while (tokens.next(token)) {
    if (token.empty() || token == kStar || token == kTail) return false;
  }
  return true;
}

bool isStrictLiteral(std::string_view subject) {
  return subject.find_first_of(" \t\r\n\f") == std::string_view::npos && isLiteral(subject);
}

bool hasOnlyTokens(std::string_view subject) {
  char before = '.';
  for (const char c : subject) {
    if (c == '.' && before == '.') return false;
    before = c;
  }
  return before != '.';
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

bool isSubset(std::string_view narrow, std::string_view wide) {
  TokenReader wide_tokens(wide);
  TokenReader narrow_tokens(narrow);
  std::string_view allowed;
  std::string_view token;
  while (wide_tokens.next(allowed)) {
    if (!narrow_tokens.next(token)) return false;
    if (allowed == kTail) return true;
    // A `>` stands for more than any one token does.
    if (token.empty() || token == kTail) return false;
    if (allowed != kStar && allowed != token) return false;
  }
  return narrow_tokens.atEnd();
}

bool overlaps(std::string_view one, std::string_view other) {
  TokenReader one_tokens(one);
  TokenReader other_tokens(other);
  std::string_view a;
  std::string_view b;
  while (one_tokens.next(a)) {
    if (!other_tokens.next(b)) return false;
    // Whatever the other pattern goes on with, it has a token here and so does some subject of it.
    if (a == kTail || b == kTail) return true;
    if (a != kStar && b != kStar && a != b) return false;
  }
  return other_tokens.atEnd();
}

// Behind the prefix any token is possible, so whatever the pattern wants there, some subject has
// it.
bool overlaps(std::string_view pattern, const SubjectClass& with) {
  std::string_view fixed = with.prefix;
  std::size_t met = 0;
  TokenReader wanted_tokens(pattern);
  std::string_view wanted;
  while (wanted_tokens.next(wanted)) {
    if (met == with.tokens) return false;
    ++met;
    if (wanted == kTail && wanted_tokens.atEnd()) return true;
    if (fixed.empty()) continue;
    const std::size_t dot = fixed.find('.');
    if (wanted != kStar && wanted != fixed.substr(0, dot)) return false;
    fixed.remove_prefix(dot + 1);
  }
  return met == with.tokens;
}

SubjectCuts::SubjectCuts(std::string_view subject) : subject_(subject) {
  std::size_t tokens = 0;
  std::size_t start = 0;
  for (;;) {
    const std::size_t dot = subject.find('.', start);
    if (dot == start) return;
    if (dot == std::string_view::npos) break;
    start = dot + 1;
    ++tokens;
    if (tokens <= kMaxDepth) starts_[tokens] = start;
  }
  if (start < subject.size()) tokens_ = tokens + 1;
}

}  // namespace gannet::subject
