#include "server/delivery/subscribe.h"

#include "auth/permission_set.h"
#include "protocol/err_text.h"
#include "protocol/redact.h"
#include "server/delivery/output.h"
#include "server/state/protocol_log.h"
#include "server/state/session.h"
#include "server/state/session_log.h"
#include "server/state/settings.h"
#include "server/state/shard.h"
#include "subject/tokens.h"

#include <algorithm>
#include <memory>
#include <string>

namespace gannet::server {
namespace {

// What the client is told of the first check that fails, in the reference's order; the log is told
// too. Empty where none does.
std::string refusalOf(const Shard& shard, Session& session, const protocol::SubArgs& args) {
  const config::Options& options = shard.settings->options;
  const auto mayLog = [&session] { return mayRepeat(session, Repeated::subscription_violation); };
  if (!session.identity.permissions->mayJoin(args.queue)) {
    if (mayLog()) {
      logOf(session, log::Level::error, "Subscription Violation - Subject {}, Queue: {}, SID {}",
            protocol::quoteSent(args.subject), protocol::quoteSent(args.queue),
            protocol::redact(args.sid));
    }
    return protocol::subscriptionViolation(args.subject, args.queue);
  }
  const auto dots = std::count(args.subject.begin(), args.subject.end(), '.');
  if (options.max_sub_tokens > 0 && dots + 1 > options.max_sub_tokens) {
    if (mayLog()) {
      logOf(session, log::Level::error,
            "Subscription Violation Too Many Tokens - Subject {}, SID {}",
            protocol::quoteSent(args.subject), protocol::redact(args.sid));
    }
    return protocol::tooManyTokens(args.subject);
  }
  const auto limit = options.max_subscriptions;
  if (limit > 0 && session.subs.size() >= static_cast<std::size_t>(limit)) {
    if (mayLog()) logOf(session, log::Level::error, "{}", protocol::kMaxSubscriptionsExceeded);
    return std::string(protocol::kMaxSubscriptionsExceeded);
  }
  return {};
}

}  // namespace

void onSub(Shard& shard, Session& session, const protocol::SubArgs& args) {
  const std::string refusal = refusalOf(shard, session, args);
  if (!refusal.empty()) return sendError(shard, session, refusal);
  if (session.subs.find(args.sid) != session.subs.end()) {
    sendOk(shard, session);
    return;
  }
  auto sub = std::make_unique<Subscription>();
  sub->session = &session;
  sub->sid = args.sid;
  shard.nameSubscription(*sub);
  if (!session.account->account.interest.insert(args.subject, args.queue, *sub)) {
    shard.forgetName(*sub);
    sendError(shard, session, protocol::kInvalidSubject);
    return;
  }
  session.subs.insert(sub.release());
  session.account->sync();
  sendOk(shard, session);
}

void onUnsub(Shard& shard, Session& session, const protocol::UnsubArgs& args) {
  const auto found = session.subs.find(args.sid);
  if (found != session.subs.end()) {
    Subscription& sub = **found;
    const bool later = args.max > 0 && sub.delivered < static_cast<std::uint64_t>(args.max);
    if (later) {
      sub.max = static_cast<std::uint64_t>(args.max);
      sub.flags |= flags::kCounted;
    } else {
      unsubscribe(shard, sub);
      session.account->sync();
    }
  }
  sendOk(shard, session);
}

void unsubscribe(Shard& shard, Subscription& sub) {
  Session& session = *sub.session;
  if (session.logs_protocol) logUnsubscribed(session, sub.sid);
  session.subs.erase(&sub);
  sub.flags |= flags::kClosing;
  session.account->account.interest.erase(sub);
  shard.retire(sub);
}

void unsubscribeAll(Shard& shard, Session& session) {
  for (Subscription* const sub : session.subs) {
    sub->flags |= flags::kClosing;
    if (session.logs_protocol) logUnsubscribed(session, sub->sid);
    session.account->account.interest.erase(*sub);
    shard.retire(*sub);
  }
  session.subs = {};
}

}  // namespace gannet::server
