#include "auth/permission_set.h"

#include "auth/identity.h"
#include "subject/tokens.h"

#include <algorithm>
#include <span>
#include <utility>

namespace gannet::auth {
namespace {

// Names that servers keep for themselves: those that begin with `prefix`, a first token and its
// dot. They are told by bytes, not by tokens, because a subject with empty tokens is refused too.
struct ReservedNames {
  std::string_view prefix;
  bool is_allowed_alone = false;  // only what goes on behind the prefix is reserved

  [[nodiscard]] bool cover(std::string_view name) const {
    return name.starts_with(prefix) && !(is_allowed_alone && name.size() == prefix.size());
  }
};

constexpr bool kAllowedAlone = true;
constexpr ReservedNames kNoPublish[] = {
    {"$NRG."}, {"_GR_.", kAllowedAlone}, {"$GR.", kAllowedAlone}};
constexpr ReservedNames kNoReply[] = {
    {"_R_."}, {"_GR_.", kAllowedAlone}, {"$GR.", kAllowedAlone}, {"$JS.ACK.", kAllowedAlone}};
constexpr std::string_view kNoQueue = "_sys_";

bool isReserved(std::span<const ReservedNames> reserved, std::string_view name) {
  return std::any_of(reserved.begin(), reserved.end(),
                     [name](const ReservedNames& names) { return names.cover(name); });
}

const std::vector<std::string>& entriesOf(const std::optional<std::vector<std::string>>& list) {
  static const std::vector<std::string> kNone;
  return list ? *list : kNone;
}

using Parse = Result<RuleEntry, Error> (*)(std::string_view);

Result<std::vector<RuleEntry>, Error> parseAll(const std::vector<std::string>& list, Parse parse) {
  std::vector<RuleEntry> entries;
  entries.reserve(list.size());
  for (const std::string& text : list) {
    const auto entry = parse(text);
    if (!entry) return entry.error();
    entries.push_back(*entry);
  }
  return entries;
}

ResponseRule withDefaults(ResponseRule rule) {
  if (rule.max == 0) rule.max = ResponseRule::kDefaultMax;
  if (rule.expires.count() == 0) rule.expires = ResponseRule::kDefaultExpires;
  return rule;
}

}  // namespace

Identity::Identity() : permissions(&everyones()) {}

Result<PermissionSet, Error> PermissionSet::compile(const PermissionRules& rules) {
  const auto& publish = rules.publish;
  const auto& subscribe = rules.subscribe;
  // The entries are views into `rules`.
  const auto may_publish = parseAll(entriesOf(publish.allow), parsePublishEntry);
  const auto no_publish = parseAll(publish.deny, parsePublishEntry);
  const auto may_subscribe = parseAll(entriesOf(subscribe.allow), parseSubscribeEntry);
  const auto no_subscribe = parseAll(subscribe.deny, parseSubscribeEntry);
  for (const auto* const list : {&may_publish, &no_publish, &may_subscribe, &no_subscribe}) {
    if (!*list) return list->error();
  }
  PermissionSet set;
  if (publish.allow || rules.responses) set.publish_allowed_.emplace(*may_publish);
  if (!no_publish->empty()) set.publish_denied_.emplace(*no_publish);
  if (!may_subscribe->empty()) set.subscribe_allowed_.emplace(*may_subscribe);
  if (!no_subscribe->empty()) set.subscribe_denied_.emplace(*no_subscribe);
  for (const RuleEntry& entry : *no_subscribe) {
    set.subscribe_denied_entries_.push_back(
        {.pattern = std::string(entry.pattern), .queue = std::string(entry.queue)});
  }
  if (rules.responses) set.responses_ = withDefaults(*rules.responses);
  return set;
}

PublishVerdict PermissionSet::publish(std::string_view subject) const {
  // Reserved for good: no request grants it. The first token alone told, for these and the others.
  PublishVerdict verdict{.permission = Permission::denied, .decided = 1};
  if (isReserved(kNoPublish, subject)) return verdict;
  bool is_allowed = true;
  if (publish_allowed_) {
    const auto found = publish_allowed_->find(subject, {});
    is_allowed = found.is_found;
    verdict.decided = std::max(verdict.decided, found.decided);
  }
  if (is_allowed && publish_denied_) {
    const auto found = publish_denied_->find(subject, {});
    is_allowed = !found.is_found;
    verdict.decided = std::max(verdict.decided, found.decided);
  }
  if (is_allowed) {
    verdict.permission = Permission::allowed;
  } else if (responses_) {
    verdict.permission = Permission::as_response;
  }
  return verdict;
}

bool PermissionSet::mayReplyTo(std::string_view reply) const {
  // Nearly every reply is an inbox, of which the second byte is none of these.
  if (reply.size() < 2 || (reply[1] != 'R' && reply[1] != 'G' && reply[1] != 'J')) return true;
  return !isReserved(kNoReply, reply);
}

SubscribeVerdict PermissionSet::maySubscribe(std::string_view pattern,
                                             std::string_view queue) const {
  if (!mayJoin(queue)) return SubscribeVerdict::denied;
  if (subscribe_allowed_ && !subscribe_allowed_->admits(pattern, queue)) {
    return SubscribeVerdict::denied;
  }
  if (!subscribe_denied_) return SubscribeVerdict::allowed;
  // A pattern that a denied entry contains, and also `foo.>` where `foo.*` is denied.
  if (subscribe_denied_->find(pattern, queue).is_found) return SubscribeVerdict::denied;
  if (subject::isLiteral(pattern)) return SubscribeVerdict::allowed;
  const bool is_filtered = std::any_of(
      subscribe_denied_entries_.begin(), subscribe_denied_entries_.end(),
      [pattern, queue](const DeniedEntry& entry) {
        return subject::overlaps(pattern, entry.pattern) &&
               (entry.queue.empty() || (!queue.empty() && subject::isSubset(queue, entry.queue)));
      });
  return is_filtered ? SubscribeVerdict::filtered : SubscribeVerdict::allowed;
}

DeliveryVerdict PermissionSet::mayDeliver(std::string_view subject, std::string_view queue) const {
  if (!subscribe_denied_) return {.is_allowed = true, .decided = 0};
  const auto found = subscribe_denied_->find(subject, queue);
  return {.is_allowed = !found.is_found, .decided = found.decided};
}

bool PermissionSet::mayJoin(std::string_view queue) const {
  return queue != kNoQueue;
}

const PermissionSet& everyones() {
  static const PermissionSet kSet;
  return kSet;
}

}  // namespace gannet::auth
