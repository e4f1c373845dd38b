#pragma once

#include "auth/permission_rules.h"
#include "auth/permission_set.h"
#include "subject/tokens.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace gannet::auth {

// The definition of permissions: lists, and matching on whole texts.
// Spec  accounts-and-auth §12.1, §12.2
class NaivePermissions {
 public:
  explicit NaivePermissions(PermissionRules rules) : rules_(std::move(rules)) {}

  [[nodiscard]] Permission publish(std::string_view subject) const {
    if (isReserved(subject)) return Permission::denied;
    const bool is_allowed = rules_.publish.allow ? covers(*rules_.publish.allow, subject)
                                                 : !rules_.responses.has_value();
    if (is_allowed && !covers(rules_.publish.deny, subject)) return Permission::allowed;
    return rules_.responses ? Permission::as_response : Permission::denied;
  }

  // As the reference decides it: the pattern is matched as if it were a subject.
  [[nodiscard]] bool referenceAdmits(std::string_view pattern, std::string_view queue) const {
    return queue != "_sys_" && isAllowed(pattern, queue, subject::matches) &&
           mayDeliver(pattern, queue);
  }

  // And that a wildcard is a part of what is allowed.
  [[nodiscard]] bool admits(std::string_view pattern, std::string_view queue) const {
    return referenceAdmits(pattern, queue) &&
           isAllowed(pattern, queue, [](std::string_view entry, std::string_view wanted) {
             return subject::isSubset(wanted, entry);
           });
  }

  [[nodiscard]] bool mayDeliver(std::string_view subject, std::string_view queue) const {
    const auto& denied = rules_.subscribe.deny;
    return std::none_of(denied.begin(), denied.end(), [&](const std::string& text) {
      const RuleEntry entry = parseSubscribeEntry(text).value();
      return subject::matches(entry.pattern, subject) &&
             (entry.queue.empty() || joins(queue, entry));
    });
  }

 private:
  static bool isReserved(std::string_view subject) {
    return subject.starts_with("$NRG.") || (subject.starts_with("_GR_.") && subject.size() > 5) ||
           (subject.starts_with("$GR.") && subject.size() > 4);
  }

  static bool covers(const std::vector<std::string>& patterns, std::string_view subject) {
    return std::any_of(patterns.begin(), patterns.end(), [subject](const std::string& pattern) {
      return subject::matches(pattern, subject);
    });
  }

  static bool joins(std::string_view queue, const RuleEntry& entry) {
    return !queue.empty() && subject::isSubset(queue, entry.queue);
  }

  // Entries with a queue decide alone if one of them matches the pattern; which of the entries
  // that count contain it is the question for `contains`.
  template <class Contains>
  [[nodiscard]] bool isAllowed(std::string_view pattern, std::string_view queue,
                               Contains&& contains) const {
    if (!rules_.subscribe.allow || rules_.subscribe.allow->empty()) return true;
    bool is_plain = false;
    bool is_named = false;
    bool speaks_of_queues = false;
    for (const std::string& text : *rules_.subscribe.allow) {
      const RuleEntry entry = parseSubscribeEntry(text).value();
      if (!subject::matches(entry.pattern, pattern)) continue;
      const bool is_contained = contains(entry.pattern, pattern);
      if (entry.queue.empty()) {
        is_plain = is_plain || is_contained;
      } else if (!queue.empty()) {
        speaks_of_queues = true;
        is_named = is_named || (is_contained && joins(queue, entry));
      }
    }
    return speaks_of_queues ? is_named : is_plain;
  }

  PermissionRules rules_;
};

}  // namespace gannet::auth
