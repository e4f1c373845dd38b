#pragma once

#include "auth/permission_rules.h"
#include "auth/permission_set.h"
#include "base/result.h"

#include <cstddef>
#include <memory>
#include <unordered_map>

namespace gannet::auth {

// The compiled sets of all users of a configuration: equal rules share one, so that a set's address
// names its rules.
//
// Threads  One at a time; the sets themselves are for any.
// Owns     The sets, until it ends: it outlives the sessions that refer to them, and what remembers
//          verdicts by a set's address, which a later set may have again.
class PermissionPool {
 public:
  // The set of `rules`; everyones() for rules that restrict nothing.
  // Errors  As compile(); the pool is as it was.
  Result<const PermissionSet*, Error> setOf(const PermissionRules& rules);

  // The number of sets that it owns.
  [[nodiscard]] std::size_t size() const { return sets_.size(); }

 private:
  // By pointer: an address that sessions hold does not move with the table.
  std::unordered_map<PermissionRules, std::unique_ptr<const PermissionSet>, PermissionRulesHash>
      sets_;
};

}  // namespace gannet::auth
