#include "auth/permission_set.h"

#include "auth/identity.h"

#include <algorithm>

namespace gannet::auth {
namespace {

bool isCovered(const std::vector<NamePrefix>& prefixes, std::string_view name) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [name](const NamePrefix& prefix) { return prefix.covers(name); });
}

}  // namespace

Identity::Identity() : permissions(&everyones()) {}

bool NamePrefix::covers(std::string_view name) const {
  return name.starts_with(text) && !(is_allowed_alone && name.size() == text.size());
}

bool PermissionSet::mayPublish(std::string_view subject) const {
  return !isCovered(publish_denied, subject);
}

bool PermissionSet::mayReplyTo(std::string_view reply) const {
  return !isCovered(reply_denied, reply);
}

bool PermissionSet::mayJoin(std::string_view queue) const {
  return std::find(queue_denied.begin(), queue_denied.end(), queue) == queue_denied.end();
}

const PermissionSet& everyones() {
  constexpr bool kAllowedAlone = true;
  static const PermissionSet kSet{
      .publish_denied = {{"_GR_.", kAllowedAlone}, {"$GR.", kAllowedAlone}, {"$NRG."}},
      .reply_denied = {{"_R_."},
                       {"_GR_.", kAllowedAlone},
                       {"$GR.", kAllowedAlone},
                       {"$JS.ACK.", kAllowedAlone}},
      .queue_denied = {"_sys_"},
  };
  return kSet;
}

}  // namespace gannet::auth
