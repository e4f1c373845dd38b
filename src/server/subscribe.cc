#include "server/subscribe.h"

#include "protocol/err_text.h"
#include "server/output.h"
#include "server/reserved.h"
#include "server/session.h"
#include "server/settings.h"
#include "server/trace_log.h"
#include "server/worker.h"
#include "subject/tokens.h"

#include <algorithm>
#include <memory>

namespace gannet::server {
namespace {

// The error of the first check that fails, in the reference's order; empty if there is none.
std::string refusal(const Worker& worker, const Session& session, const protocol::SubArgs& args) {
  const config::Options& options = worker.settings->options;
  if (args.queue == kReservedQueue) {
    return protocol::subscriptionViolation(args.subject, args.queue);
  }
  const auto dots = std::count(args.subject.begin(), args.subject.end(), '.');
  if (options.max_sub_tokens > 0 && dots + 1 > options.max_sub_tokens) {
    return protocol::tooManyTokens(args.subject);
  }
  const auto limit = options.max_subscriptions;
  if (limit > 0 && session.subs.size() >= static_cast<std::size_t>(limit)) {
    return std::string(protocol::kMaxSubscriptionsExceeded);
  }
  return {};
}

}  // namespace

void onSub(Worker& worker, Session& session, const protocol::SubArgs& args) {
  if (const std::string error = refusal(worker, session, args); !error.empty()) {
    sendError(worker, session, error);
    return;
  }
  if (session.subs.find(args.sid) != session.subs.end()) {
    sendOk(worker, session);
    return;
  }
  auto sub = std::make_unique<Subscription>();
  sub->shard = worker.shard.id();
  sub->session = &session;
  sub->sid = args.sid;
  if (!session.account->account.interest.insert(args.subject, args.queue, *sub)) {
    sendError(worker, session, protocol::kInvalidSubject);
    return;
  }
  session.subs.insert(sub.release());
  session.account->sync();
  sendOk(worker, session);
}

void onUnsub(Worker& worker, Session& session, const protocol::UnsubArgs& args) {
  const auto found = session.subs.find(args.sid);
  if (found != session.subs.end()) {
    Subscription& sub = **found;
    const bool later = args.max > 0 && sub.delivered < static_cast<std::uint64_t>(args.max);
    if (later) {
      sub.max = static_cast<std::uint64_t>(args.max);
      sub.special |= special::kCounted;
    } else {
      unsubscribe(worker, sub);
      session.account->sync();
    }
  }
  sendOk(worker, session);
}

void unsubscribe(Worker& worker, Subscription& sub) {
  Session& session = *sub.session;
  if (session.in_traced) traceUnsubscribed(session, sub.sid);
  session.subs.erase(&sub);
  sub.special |= special::kClosing;
  session.account->account.interest.erase(sub);
  worker.retire(sub);
  worker.interest_changed = true;
}

void unsubscribeAll(Worker& worker, Session& session) {
  for (Subscription* const sub : session.subs) {
    sub->special |= special::kClosing;
    if (session.in_traced) traceUnsubscribed(session, sub->sid);
    session.account->account.interest.erase(*sub);
    worker.retire(*sub);
  }
  session.subs = {};
  worker.interest_changed = true;
}

}  // namespace gannet::server
