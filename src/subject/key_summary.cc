#include "subject/key_summary.h"

#include "base/assert.h"
#include "subject/hash.h"

#include <algorithm>

namespace gannet::subject {
namespace {

// What a bit stands for; the seed of its hash. Collisions cost an answer "maybe", so nobody gains
// much by aiming at them.
enum Beginning : std::uint64_t { one_token = 1, two_tokens = 2, one_then_any = 3 };

std::size_t bitOf(Beginning kind, std::string_view text) {
  return hashText(text, kind);
}

std::size_t depthOf(const SubjectClass& key) {
  return static_cast<std::size_t>(std::count(key.prefix.begin(), key.prefix.end(), '.'));
}

}  // namespace

void KeySummary::add(const SubjectClass& key) {
  ++keys_;
  ++added_;
  if (key.tokens > 0) {
    const std::size_t depth = depthOf(key);
    if (classes_[depth]++ == 0) depths_ |= 1U << depth;
    if (depth == 0) {
      has_all_ = true;
      return;
    }
  }
  const std::string_view text = key.prefix;
  const std::size_t dot = std::min(text.find('.'), text.size());
  const auto set = [this](Beginning kind, std::string_view tokens) {
    beginnings_.set(bitOf(kind, tokens) % kBits);
  };
  set(one_token, text.substr(0, dot));
  if (dot == text.size()) return;
  if (dot + 1 == text.size()) {
    set(one_then_any, text.substr(0, dot));
  } else {
    set(two_tokens, text.substr(0, text.find('.', dot + 1)));
  }
}

void KeySummary::remove(const SubjectClass& key) {
  GANNET_ASSERT(keys_ > 0);
  --keys_;
  if (key.tokens == 0) return;
  const std::size_t depth = depthOf(key);
  GANNET_ASSERT(classes_[depth] > 0);
  if (--classes_[depth] == 0) depths_ &= ~(1U << depth);
}

bool KeySummary::mayConcern(std::string_view pattern) const {
  if (keys_ == 0) return false;
  const auto has = [this](Beginning kind, std::string_view tokens) {
    return beginnings_.test(bitOf(kind, tokens) % kBits);
  };
  TokenReader tokens(pattern);
  std::string_view first;
  std::string_view second;
  tokens.next(first);
  if (has_all_ || first == "*" || first == ">") return true;
  if (!tokens.next(second) || second == "*" || second == ">") return has(one_token, first);
  const std::string_view both = pattern.substr(0, first.size() + 1 + second.size());
  return has(two_tokens, both) || has(one_then_any, first);
}

}  // namespace gannet::subject
