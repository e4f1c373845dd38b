#include "server/delivery/publish.h"

#include "auth/permission_set.h"
#include "protocol/err_text.h"
#include "protocol/headers.h"
#include "protocol/pub_line.h"
#include "protocol/redact.h"
#include "server/delivery/message_trace.h"
#include "server/delivery/output.h"
#include "server/delivery/route.h"
#include "server/state/session.h"
#include "server/state/session_log.h"
#include "server/state/shard.h"

namespace gannet::server {
namespace {

bool mayBeReserved(std::string_view reply) {
  // Nearly every reply is an inbox.
  return !reply.empty() && (reply[0] == '$' || (reply[0] == '_' && !reply.starts_with("_INBOX")));
}

void count(Shard& shard, Session& session, std::uint64_t messages, std::uint64_t bytes) {
  session.traffic.in_msgs += messages;
  session.traffic.in_bytes += bytes;
  shard.counters.in_msgs += messages;
  shard.counters.in_bytes += bytes;
}

// Matches, and asks the permission set: once for each subject, or class of subjects, until the
// interest changes. Never inlined: what is remembered shall not pay for its frame.
[[gnu::noinline]] Verdict judge(Shard& shard, AccountView& account, PublishMemo& memo,
                                std::string_view subject) {
  const ShardId self = shard.loop.id();
  const Plan& plan = account.plans.find(
      subject, [self](const subject::PlanSubject& wanted, const subject::Match& match) {
        return makePlan(wanted, match, self);
      });
  const Verdict verdict{&plan, memo.set().publish(subject).permission};
  memo.remember(subject, account.plans.epoch(), verdict);
  return verdict;
}

// Notes one of those who get what the session publishes, for the balance between shards.
void noteReceiver(Session& session, const Plan& plan) {
  if (!plan.clients.empty()) session.traffic.latest_receiver = plan.clients.front().to->session;
}

// What all messages of one session have in common.
Publication publicationOf(Session& session, Buffer* owner) {
  Publication message;
  message.account = session.account;
  message.owner = owner;
  message.from = &session;
  message.from_id = session.id;
  return message;
}

// Headers that the client may send and that ask for nothing.
[[gnu::noinline]] bool areOrdinary(const Session& session, std::string_view headers) {
  return session.headersEnabled() && !protocol::parseTraceHeaders(headers);
}

}  // namespace

Verdict verdictFor(Shard& shard, AccountView& account, PublishMemo& memo,
                   std::string_view subject) {
  const Verdict* const known = memo.find(subject, account.plans.epoch());
  return known != nullptr ? *known : judge(shard, account, memo, subject);
}

const Plan& planFor(Shard& shard, AccountView& account, std::string_view subject) {
  return *verdictFor(shard, account, account.everyones_memo, subject).plan;
}

std::string refusalOf(Session& session, const Publication& message, auth::Permission permission) {
  if (permission != auth::Permission::allowed) {
    if (mayRepeat(session, Repeated::publish_violation)) {
      logOf(session, log::Level::error, "Publish Violation - Subject {}",
            protocol::quoteSent(message.subject));
    }
    return protocol::publishViolation(message.subject);
  }
  if (!session.identity.permissions->mayReplyTo(message.reply)) {
    if (mayRepeat(session, Repeated::publish_violation)) {
      logOf(session, log::Level::error, "Publish Violation - Reply {}",
            protocol::quoteSent(message.reply));
    }
    return protocol::replyViolation(message.reply);
  }
  return {};
}

void answerNoResponders(Shard& shard, Session& session, std::string_view subject,
                        std::string_view reply) {
  if (reply.empty() || !session.connect->no_responders) return;
  session.account->sync();
  const Plan& plan = planFor(shard, *session.account, reply);
  for (const ClientTarget& target : plan.clients) {
    if (target.to->session != &session) continue;
    sendText(shard, session, protocol::noRespondersMessage(reply, target.to->sid, subject));
    return;
  }
}

std::size_t publishRun(Shard& shard, Session& session, PaddedView bytes, Buffer* owner) {
  const std::size_t available = bytes.size();
  std::uint64_t messages = 0;
  std::uint64_t payload = 0;
  protocol::PubLine line;
  Publication message = publicationOf(session, owner);
  while (protocol::parsePubLine(bytes.view(), line)) {
    const char* const body = line.tail.data() + line.tail.size();
    const std::size_t total = static_cast<std::size_t>(body - bytes.data()) + line.size + 2;
    if (line.size > session.max_payload || total > bytes.size()) break;
    if (body[line.size] != '\r' || body[line.size + 1] != '\n') break;
    if (line.has_headers && !areOrdinary(session, {body, line.header_size})) break;
    const Verdict verdict = verdictFor(shard, *session.account, *session.memo, line.subject);
    if (verdict.permission != auth::Permission::allowed || mayBeReserved(line.reply)) break;
    if (messages == 0) noteReceiver(session, *verdict.plan);
    if (verdict.plan->isSilent()) {
      answerNoResponders(shard, session, line.subject, line.reply);
    } else {
      message.subject = line.subject;
      message.reply = line.reply;
      message.tail = PaddedView::within(line.tail);
      message.body = PaddedView::within({body, line.size + 2U});
      message.setHeaderSize(line.header_size);
      const Routed routed = route(shard, *verdict.plan, message);
      session.account->sync();
      if (routed.isUndelivered()) {
        answerNoResponders(shard, session, line.subject, line.reply);
      }
    }
    ++messages;
    payload += line.size;
    bytes.removePrefix(total);
    // Its own message may have closed the session: what was read behind it is not published.
    if (session.phase != Phase::open) break;
  }
  count(shard, session, messages, payload);
  return available - bytes.size();
}

void publish(Shard& shard, Session& session, const Publication& message) {
  count(shard, session, 1, message.size());
  if (message.header_size > 0 && asksForTrace(message)) {
    publishTraced(shard, session, message);
  } else {
    publishUntraced(shard, session, message);
  }
}

void publishUntraced(Shard& shard, Session& session, const Publication& message) {
  const Verdict verdict = verdictFor(shard, *session.account, *session.memo, message.subject);
  const std::string refusal = refusalOf(session, message, verdict.permission);
  if (!refusal.empty()) return sendError(shard, session, refusal);
  if (session.connect->verbose) sendOk(shard, session);

  const Routed routed = route(shard, *verdict.plan, message);
  session.account->sync();
  if (routed.isUndelivered()) answerNoResponders(shard, session, message.subject, message.reply);
}

void publishInternal(Shard& shard, AccountView& account, Publication message) {
  message.account = &account;
  account.sync();
  route(shard, planFor(shard, account, message.subject), message);
  account.sync();
}

}  // namespace gannet::server
