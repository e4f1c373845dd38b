#pragma once

#include "base/result.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gannet::auth {

// Permissions as a configuration or a JWT writes them: lists of entries, nothing checked yet. Equal
// rules have equal lists in the same order.
//
// Spec  accounts-and-auth §12

// What is allowed and denied to publishers or to subscribers; a deny wins. An entry is a pattern;
// for subscribers it may also be "pattern queue", which speaks of those queue groups alone.
struct SubjectRules {
  // Unset: everything is allowed. Empty: publishers may do nothing, subscribers everything.
  std::optional<std::vector<std::string>> allow;
  std::vector<std::string> deny;

  friend bool operator==(const SubjectRules&, const SubjectRules&) = default;
};

// How often and how long the receiver of a request may publish to the request's reply subject.
struct ResponseRule {
  static constexpr std::int64_t kDefaultMax = 1;
  static constexpr std::chrono::nanoseconds kDefaultExpires = std::chrono::minutes(2);

  // Zero stands for the default, a negative value for no limit.
  std::int64_t max = kDefaultMax;  // messages for each request
  std::chrono::nanoseconds expires = kDefaultExpires;

  friend bool operator==(const ResponseRule&, const ResponseRule&) = default;
};

// All permissions of a user. As it is made, it restricts nothing.
struct PermissionRules {
  SubjectRules publish;
  SubjectRules subscribe;
  // With it, a publisher without an allow list may publish responses and nothing else.
  std::optional<ResponseRule> responses;

  friend bool operator==(const PermissionRules&, const PermissionRules&) = default;
};

// Makes rules the key of an unordered container.
struct PermissionRulesHash {
  std::size_t operator()(const PermissionRules& rules) const;
};

// An entry taken apart: views into its text.
struct RuleEntry {
  std::string_view pattern;
  std::string_view queue;  // a pattern too, for the names of queue groups; empty: none was named
};

// Take an entry of a publisher's or a subscriber's list apart. Errors are the reference's texts.
[[nodiscard]] Result<RuleEntry, Error> parsePublishEntry(std::string_view text);
[[nodiscard]] Result<RuleEntry, Error> parseSubscribeEntry(std::string_view text);

}  // namespace gannet::auth
