#include "server/publish.h"

#include "protocol/err_text.h"
#include "protocol/headers.h"
#include "server/delivery.h"
#include "server/message_trace.h"
#include "server/output.h"
#include "server/reserved.h"
#include "server/session.h"
#include "server/worker.h"

namespace gannet::server {
namespace {

bool refuse(Worker& worker, Session& session, const Message& message, const Plan& plan) {
  if (plan.is_reserved) {
    sendError(worker, session, protocol::publishViolation(message.subject));
    return true;
  }
  const char first = message.reply.empty() ? '\0' : message.reply.front();
  if ((first == '_' || first == '$') && isReservedReply(message.reply)) {
    sendError(worker, session, protocol::replyViolation(message.reply));
    return true;
  }
  return false;
}

// Tells a publisher that nobody is there, on its own subscription to the reply.
// Spec  client-protocol §9.4
void answerNoResponders(Worker& worker, Session& session, const Message& message) {
  const Plan& plan = planFor(worker, *session.account, message.reply);
  for (const Target& target : plan.local) {
    if (target.to->session != &session) continue;
    sendText(worker, session,
             protocol::noRespondersMessage(message.reply, target.to->sid, message.subject));
    return;
  }
}

void count(Worker& worker, Session& session, const Message& message) {
  const std::size_t bytes = message.payloadAndHeaderSize();
  ++session.traffic.in_msgs;
  session.traffic.in_bytes += bytes;
  ++worker.counters.in_msgs;
  worker.counters.in_bytes += bytes;
}

}  // namespace

const Plan& planFor(Worker& worker, AccountView& account, std::string_view subject) {
  const subject::ShardId self = worker.shard.id();
  return account.plans.find(subject, [subject, self](std::string_view, const subject::Match& match) {
    return makePlan(subject, match, self);
  });
}

void publish(Worker& worker, Session& session, const Message& message) {
  count(worker, session, message);
  if (message.header_size > 0 && asksForTrace(message)) {
    publishTraced(worker, session, message);
    return;
  }
  const Plan& plan = planFor(worker, *session.account, message.subject);
  if (refuse(worker, session, message, plan)) return;
  if (session.connect->verbose) sendOk(worker, session);

  const std::uint32_t delivered = deliver(worker, plan, message);
  if (delivered == 0 && !message.reply.empty() && session.connect->no_responders) {
    answerNoResponders(worker, session, message);
  }
  if (worker.interest_changed) worker.syncPlans();
}

void publishInternal(Worker& worker, Session& context, const Message& message) {
  deliver(worker, planFor(worker, *context.account, message.subject), message);
  if (worker.interest_changed) worker.syncPlans();
}

}  // namespace gannet::server
