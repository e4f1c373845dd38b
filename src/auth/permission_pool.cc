#include "auth/permission_pool.h"

namespace gannet::auth {

Result<const PermissionSet*, Error> PermissionPool::setOf(const PermissionRules& rules) {
  static const PermissionRules kNoRules;
  if (rules == kNoRules) return &everyones();
  const auto found = sets_.find(rules);
  if (found != sets_.end()) return found->second.get();
  auto compiled = PermissionSet::compile(rules);
  if (!compiled) return compiled.error();
  auto set = std::make_unique<const PermissionSet>(std::move(*compiled));
  return sets_.emplace(rules, std::move(set)).first->second.get();
}

}  // namespace gannet::auth
