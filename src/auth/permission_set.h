#pragma once

#include "auth/pattern_index.h"
#include "auth/permission_rules.h"
#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gannet::auth {

// What publishing on a subject comes to.
enum class Permission : std::uint8_t {
  denied,
  allowed,
  as_response  // allowed only as an answer to a request, which the session's own records tell
};

struct PublishVerdict {
  Permission permission = Permission::denied;

  // All subjects that begin with the same `decided` tokens, have no empty token and have as many
  // tokens in all get this verdict.
  std::uint32_t decided = 0;
};

// Whether one message may go to a receiver; `decided` as for publishing.
struct DeliveryVerdict {
  bool is_allowed = false;
  std::uint32_t decided = 0;
};

enum class SubscribeVerdict : std::uint8_t {
  denied,
  allowed,
  filtered  // allowed, but some subjects under its wildcards are denied: mayDeliver() tells which
};

// What a session may do: the rules of its user and the names that servers keep for themselves, in
// one compiled form. Every session has one from its accept on; those with equal rules share one.
//
// All verdicts follow from the set and the arguments alone, so each may be remembered as long as
// the set lives. What must be asked again for each message is only what Permission::as_response
// leads to.
//
// Threads  Any: a set never changes.
// Cost     No verdict allocates. Each is one or two look-ups of PatternIndex: 0.1 us for a subject
//          that was never asked for, beside 20 entries or 10,000. For a pattern with wildcards
//          maySubscribe() also compares it with each denied entry, 8 ns for each.
// Spec     accounts-and-auth §12; client-protocol §5.4
class PermissionSet {
 public:
  // Denies the servers' own names and nothing else.
  PermissionSet() = default;

  // Errors  The first entry that is none, in the reference's words.
  static Result<PermissionSet, Error> compile(const PermissionRules& rules);

  // Whether a client may publish on `subject`, which may be any text.
  [[nodiscard]] PublishVerdict publish(std::string_view subject) const;

  // Whether that is allowed without regard to requests: what a trace's destination needs.
  [[nodiscard]] bool mayPublish(std::string_view subject) const {
    return publish(subject).permission == Permission::allowed;
  }

  // Whether a message may name `reply` as the place for an answer; an empty one names none. The
  // users' rules do not concern it.
  // Cost  An inbox is told by its second byte.
  [[nodiscard]] bool mayReplyTo(std::string_view reply) const;

  // Whether a client may subscribe to `pattern`, in the group `queue` unless that is empty. Both
  // may be any text: what is no pattern is refused here or left to the grammar, as the reference
  // does it.
  //
  // An allowed entry must contain the whole pattern: `foo.*` does not admit `foo.>`. The reference
  // admits that, and then delivers everything under `foo`.
  [[nodiscard]] SubscribeVerdict maySubscribe(std::string_view pattern,
                                              std::string_view queue) const;

  // Whether a message on `subject` may go to a filtered receiver in the group `queue`. Others need
  // not be asked: it is true for them.
  // Needs  A subject and a queue that matched a subscription for which maySubscribe() was not
  //        denied.
  [[nodiscard]] DeliveryVerdict mayDeliver(std::string_view subject, std::string_view queue) const;

  // Whether a client may join the group `queue` as far as its name alone tells.
  [[nodiscard]] bool mayJoin(std::string_view queue) const;

  // How requests grant responses; unset: publish() never says as_response. Without zeros: the
  // defaults stand in their place.
  [[nodiscard]] const std::optional<ResponseRule>& responses() const { return responses_; }

 private:
  // A denied entry of subscribers, for the question which patterns overlap it.
  struct DeniedEntry {
    std::string pattern;
    std::string queue;  // empty: for all
  };

  std::optional<PatternIndex> publish_allowed_;  // unset: everything
  std::optional<PatternIndex> publish_denied_;
  std::optional<PatternIndex> subscribe_allowed_;  // unset: everything
  std::optional<PatternIndex> subscribe_denied_;
  std::vector<DeniedEntry> subscribe_denied_entries_;
  std::optional<ResponseRule> responses_;
};

// That of a client to which the configuration gives no other. Lives as long as the process.
[[nodiscard]] const PermissionSet& everyones();

}  // namespace gannet::auth
