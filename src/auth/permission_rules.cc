#include "auth/permission_rules.h"

#include "base/go_quote.h"
#include "subject/hash.h"
#include "subject/tokens.h"

#include <span>

namespace gannet::auth {
namespace {

constexpr std::string_view kBlanks = " \t\n\v\f\r";

Error invalidSubject(std::string_view text) {
  return {"subject " + goQuote(text) + " is not a valid subject"};
}

// Chains what it is given into one hash: the state so far is the seed of the next part.
class RulesHash {
 public:
  void add(std::uint64_t number) { state_ = subject::foldedProduct(state_ ^ number, kFactor); }

  void add(std::span<const std::string> list) {
    add(list.size());
    for (const std::string& entry : list)
      state_ = subject::hashText(entry, state_);
  }

  void add(const SubjectRules& rules) {
    add(rules.allow ? 1U : 0U);
    if (rules.allow) add(std::span(*rules.allow));
    add(std::span(rules.deny));
  }

  [[nodiscard]] std::size_t value() const { return state_; }

 private:
  static constexpr std::uint64_t kFactor = 0x9e3779b97f4a7c15U;  // odd, half of its bits set

  std::uint64_t state_ = kFactor;
};

}  // namespace

std::size_t PermissionRulesHash::operator()(const PermissionRules& rules) const {
  RulesHash hash;
  hash.add(rules.publish);
  hash.add(rules.subscribe);
  if (rules.responses) {
    hash.add(static_cast<std::uint64_t>(rules.responses->max));
    hash.add(static_cast<std::uint64_t>(rules.responses->expires.count()));
  }
  return hash.value();
}

Result<RuleEntry, Error> parsePublishEntry(std::string_view text) {
  if (text.find_first_of(kBlanks) != std::string_view::npos || !subject::isPattern(text)) {
    return invalidSubject(text);
  }
  return RuleEntry{.pattern = text, .queue = {}};
}

Result<RuleEntry, Error> parseSubscribeEntry(std::string_view text) {
  const std::size_t end = text.find_first_of(kBlanks);
  if (end == std::string_view::npos) return parsePublishEntry(text);
  const std::size_t begin = text.find_first_not_of(kBlanks, end);
  if (begin == std::string_view::npos) return invalidSubject(text);
  const std::string_view pattern = text.substr(0, end);
  const std::string_view queue = text.substr(begin);
  const bool has_two_fields = queue.find_first_of(kBlanks) == std::string_view::npos;
  if (!has_two_fields || !subject::isPattern(pattern)) return invalidSubject(text);
  if (!subject::isPattern(queue)) return Error{"queue " + goQuote(queue) + " is not a valid queue"};
  return RuleEntry{.pattern = pattern, .queue = queue};
}

}  // namespace gannet::auth
