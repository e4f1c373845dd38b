#pragma once

#include "base/result.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace gannet::subject {

// What a subject is made of: tokens between dots. A pattern is a subject in which a token that is
// exactly `*` stands for any one token, and a last token that is exactly `>` for one or more.
// `foo*`, `foo.>>` and the like are ordinary literal tokens.
//
// Cost     Nothing here allocates; each function reads its arguments once.
// Spec     client-protocol §5.1 to §5.3

// Why a text is no pattern. A client hears `Invalid Subject` for both.
enum class PatternError : std::uint8_t {
  empty_token,   // empty, or a dot at either end, or two in a row
  tail_not_last  // a token `>` before the last one
};

// Walks the tokens of a text from left to right, the empty ones included. An empty text has one
// token, the empty one.
class TokenReader {
 public:
  explicit TokenReader(std::string_view text) : text_(text) {}

  // Puts the next token into `token`, a view into the text. False after the last one.
  bool next(std::string_view& token) {
    if (done_) return false;
    const std::size_t dot = text_.find('.', at_);
    done_ = dot == std::string_view::npos;
    token = text_.substr(at_, (done_ ? text_.size() : dot) - at_);
    at_ = dot + 1;
    return true;
  }

  // Whether next() has handed out the last token.
  [[nodiscard]] bool atEnd() const { return done_; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  bool done_ = false;
};

// Checks what a SUB may name.
[[nodiscard]] Result<void, PatternError> checkPattern(std::string_view pattern);

// Whether `pattern` passes checkPattern().
[[nodiscard]] bool isPattern(std::string_view pattern);

// Whether `subject` is a pattern without wildcards: what may be published to.
[[nodiscard]] bool isLiteral(std::string_view subject);

// Whether `subject` is a literal without blanks, the form feed included: what may become part of a
// protocol line although no protocol line brought it.
[[nodiscard]] bool isStrictLiteral(std::string_view subject);

// Whether a text has no empty token, and so can be matched by anything.
[[nodiscard]] bool hasOnlyTokens(std::string_view subject);

// Whether a message on `subject` goes to a receiver under `pattern`: the definition of matching.
// Wildcards in `subject` are literal tokens, which only a wildcard of the pattern covers. A subject
// with an empty token matches nothing.
// Needs  isPattern(pattern).
[[nodiscard]] bool matches(std::string_view pattern, std::string_view subject);

// Whether every subject under the pattern `narrow` is also one under the pattern `wide`.
// Needs  isPattern(wide). In `narrow`, empty tokens are covered by a final `>` alone.
[[nodiscard]] bool isSubset(std::string_view narrow, std::string_view wide);

// Whether there is a subject under both patterns.
// Needs  isPattern() of both.
[[nodiscard]] bool overlaps(std::string_view one, std::string_view other);

// All subjects that begin with the same tokens and have the same number of tokens, none of them
// empty.
struct SubjectClass {
  std::string_view prefix;  // those tokens, each with its dot: `_INBOX.x.`; may be empty
  std::size_t tokens = 0;   // of every subject: more than the prefix has
};

// Whether `pattern` matches some subject of the class.
// Needs  isPattern(pattern).
[[nodiscard]] bool overlaps(std::string_view pattern, const SubjectClass& with);

// A subject cut at its first dots, by which the classes are found that it belongs to.
//
// Valid  As long as the text of the subject.
class SubjectCuts {
 public:
  // Classes are cut behind at most so many tokens: acknowledgements of streams, with the longest
  // subjects that occur once, are decided by the first six.
  static constexpr std::size_t kMaxDepth = 15;

  explicit SubjectCuts(std::string_view subject);

  // The subject's tokens; 0 if one of them is empty, and the subject in no class.
  [[nodiscard]] std::size_t tokens() const { return tokens_; }

  // The class of all subjects that share the first `depth` tokens with this one.
  // Needs  depth < tokens() and depth <= kMaxDepth.
  [[nodiscard]] SubjectClass classAt(std::size_t depth) const {
    return {subject_.substr(0, starts_[depth]), tokens_};
  }

 private:
  std::string_view subject_;
  std::array<std::size_t, kMaxDepth + 1> starts_{};  // of the first tokens
  std::size_t tokens_ = 0;
};

}  // namespace gannet::subject
