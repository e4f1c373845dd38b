#pragma once

#include <string_view>
#include <vector>

namespace gannet::auth {

// The names that begin with `text`: all of them, or only those that go on behind it.
struct NamePrefix {
  std::string_view text;
  bool is_allowed_alone = false;

  [[nodiscard]] bool covers(std::string_view name) const;
};

// What a user is denied; all else is allowed. Every session has one from its accept on.
//
// Threads  Any: a set does not change while a session refers to it.
struct PermissionSet {
  std::vector<NamePrefix> publish_denied;
  std::vector<NamePrefix> reply_denied;
  std::vector<std::string_view> queue_denied;

  // `subject` as that of a message, `reply` as the place for an answer to it, `queue` as the group
  // of a subscription; empty: none.
  [[nodiscard]] bool mayPublish(std::string_view subject) const;
  [[nodiscard]] bool mayReplyTo(std::string_view reply) const;
  [[nodiscard]] bool mayJoin(std::string_view queue) const;
};

// That of a client to which the configuration gives no other: it is denied what the servers keep
// for themselves. Lives as long as the process.
// Spec: client-protocol §5.4
[[nodiscard]] const PermissionSet& everyones();

}  // namespace gannet::auth
