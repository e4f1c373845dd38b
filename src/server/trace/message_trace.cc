#include "server/trace/message_trace.h"

#include "auth/permission_set.h"
#include "base/log.h"
#include "protocol/err_text.h"
#include "protocol/headers.h"
#include "server/delivery/delivery.h"
#include "server/delivery/output.h"
#include "server/delivery/publish.h"
#include "server/services/internal_message.h"
#include "server/services/services.h"
#include "server/session/session.h"
#include "server/shards/relay.h"
#include "server/shards/settings.h"
#include "server/shards/worker.h"
#include "server/trace/trace_event.h"
#include "subject/tokens.h"
#include "subject/trie.h"

#include <memory>
#include <string>
#include <utility>

// A traced message leaves the straight path at its headers. Its receivers here are served one by
// one, with a note on each; other shards get a task that does the same and sends its notes back.
// When the last notes are in, the event is published where the message was.

namespace gannet::server {
namespace {

using protocol::TraceHeaders;

constexpr std::string_view kDisabled = "trace disabled";

// One message's trace, from the publish to its event.
struct Round {
  Worker& home;
  AccountView& account;
  InternalMessage message;
  std::string dest;
  protocol::TraceEncoding encoding;
  bool is_trace_only;
  TraceEvent event;
  std::size_t shards_left = 1;  // this one's part among them; home shard only
};

// shared_ptr: owned by the publish and by the tasks on other shards, whichever ends last.
using RoundPtr = std::shared_ptr<Round>;

std::string_view headerBlock(const Message& message) {
  return message.body.substr(0, message.header_size);
}

TraceStep ingressStep(const Session& session, std::string_view subject) {
  TraceStep step;
  step.type = "in";
  step.ts = wallNow();
  step.kind = 0;
  step.cid = session.cid;
  step.name = session.connect->name;
  step.acc = session.account->account.name;
  step.subj = std::string(subject);
  return step;
}

// Why a receiver will not get the message; empty if nothing speaks against it.
std::string_view obstacle(const Subscription& sub, const Message& message) {
  const Session& session = *sub.session;
  if ((session.special & special::kClosing) != 0) {
    return "Not delivered because client is closed";
  }
  if ((sub.special & special::kClosing) != 0) {
    return "Not delivered because subscription is closed";
  }
  if ((session.special & special::kNoEcho) != 0 && message.from_id == session.id) {
    return "Not delivered because of no echo";
  }
  if ((sub.special & special::kCounted) != 0 && sub.delivered >= sub.max) {
    return "Not delivered because auto-unsubscribe exceeded";
  }
  return {};
}

// Serves one receiver of this shard and notes how that went.
TraceStep serve(Worker& worker, const Plan& plan, const Target& target, const Round& round) {
  const Message message = round.message.view();
  const Subscription& sub = *target.to;
  TraceStep step;
  step.type = "eg";
  step.ts = wallNow();
  step.kind = 0;
  step.cid = sub.session->cid;
  step.name = sub.session->connect->name;
  step.sub = std::string(subject::patternOf(sub));
  step.queue = std::string(subject::queueOf(sub));
  const std::string_view refusal = obstacle(sub, message);
  if (!refusal.empty()) {
    step.error = std::string(refusal);
  } else if (!round.is_trace_only && !deliverTo(worker, plan, target, message)) {
    step.error = worker.settings->options.no_fast_producer_stall
                     ? "Not delivered because fast producer not stalled and consumer is slow"
                     : "Not delivered because client is closed";
  }
  return step;
}

void publishEvent(Worker& worker, AccountView& account, const std::string& dest,
                  protocol::TraceEncoding encoding, TraceEvent& event) {
  event.server = nextServerFacts(worker);
  const EncodedEvent encoded = encode(event, encoding);
  const InternalMessage message(Occasion::event, dest, "", encoded.headers, encoded.body);
  publishInternal(worker, account, message.view());
}

void finishPart(Round& round, std::vector<TraceStep> steps) {
  auto& events = round.event.events;
  events.insert(events.end(), std::make_move_iterator(steps.begin()),
                std::make_move_iterator(steps.end()));
  if (--round.shards_left > 0) return;
  publishEvent(round.home, round.account, round.dest, round.encoding, round.event);
}

// Serves this shard's plain receivers, or the one member of a queue group that was chosen.
std::vector<TraceStep> serveHere(Worker& there, const Round& round, const SessionId* member,
                                 std::string_view sid) {
  there.syncPlans();
  const Plan& plan = planFor(there, there.global, round.message.view().subject);
  std::vector<TraceStep> steps;
  if (member == nullptr) {
    for (const Target& target : plan.local)
      steps.push_back(serve(there, plan, target, round));
    return steps;
  }
  for (const auto& group : plan.groups) {
    for (const Member& each : group.members) {
      const Subscription* sub = each.local.to;
      if (sub == nullptr || sub->sid != sid || !(sub->session->id == *member)) continue;
      steps.push_back(serve(there, plan, each.local, round));
    }
  }
  return steps;
}

void serveElsewhere(Worker& worker, const RoundPtr& round, subject::ShardId shard) {
  ++round->shards_left;
  worker.relay->post(shard, [round, home = worker.shard.id()](Worker& there) {
    there.relay->post(home, [round, steps = serveHere(there, *round, nullptr, {})](
                                Worker&) mutable { finishPart(*round, std::move(steps)); });
  });
}

void serveMember(Worker& worker, const RoundPtr& round, SessionId member, std::string_view sid) {
  ++round->shards_left;
  worker.relay->post(member.shard, [round, member, name = std::string(sid),
                                    home = worker.shard.id()](Worker& there) {
    there.relay->post(home, [round, steps = serveHere(there, *round, &member, name)](
                                Worker&) mutable { finishPart(*round, std::move(steps)); });
  });
}

// Offers the message to a group's members from a random one on, until one takes it.
void serveGroup(Worker& worker, const RoundPtr& round, const Plan& plan, const Group& group,
                std::vector<TraceStep>& steps) {
  const auto count = static_cast<std::uint32_t>(group.members.size());
  const std::uint32_t first = worker.rng.below(count);
  for (std::uint32_t tried = 0; tried < count; ++tried) {
    const Member& member = group.members[(first + tried) % count];
    if (member.local.to == nullptr) {
      serveMember(worker, round, member.elsewhere, plan.head(member.local));
      return;
    }
    steps.push_back(serve(worker, plan, member.local, *round));
    if (steps.back().error.value.empty()) return;
  }
}

void serveServices(Worker& worker, Session& session, const Plan& plan, const Round& round,
                   std::vector<TraceStep>& steps) {
  const std::vector<Subscription*> services = plan.services;  // answering may replace the plan
  for (const Subscription* service : services) {
    TraceStep& step = steps.emplace_back();
    step.type = "si";
    step.ts = wallNow();
    step.acc = kSystemAccount;
    const std::string asked = subject::patternOf(*service);
    step.from = asked;
    step.to = systemSubject(asked, session.account->account.name);
    Message request = round.message.view();
    request.from = &session;
    if (!round.is_trace_only) service->service(worker, request);
  }
}

void run(Worker& worker, Session& session, const RoundPtr& round) {
  const Message message = round->message.view();
  std::vector<TraceStep> steps;
  const Plan& plan = planFor(worker, *session.account, message.subject);
  const bool is_silent = plan.is_silent;
  for (const Target& target : plan.local)
    steps.push_back(serve(worker, plan, target, *round));
  for (const auto& group : plan.groups)
    serveGroup(worker, round, plan, group, steps);
  for (const subject::ShardId shard : plan.remote)
    serveElsewhere(worker, round, shard);
  serveServices(worker, session, plan, *round, steps);
  if (is_silent) answerNoResponders(worker, session, message.subject, message.reply);
  finishPart(*round, std::move(steps));
  if (worker.interest_changed) worker.syncPlans();
}

// An old server's mark: the copy that goes on says that it is not to be traced.
void publishDisabled(Worker& worker, Session& session, const Message& message) {
  const std::string block = protocol::setHeader(headerBlock(message), "Nats-Trace-Dest", kDisabled);
  const std::string_view payload =
      message.body.substr(message.header_size, message.size() - message.header_size);
  const InternalMessage copy(Occasion::answer, message.subject, message.reply, block, payload);
  Message disabled = copy.view();
  disabled.from = &session;
  disabled.from_id = session.id;
  publishUntraced(worker, session, disabled);
}

// A destination comes in a header, which may hold what no control line could.
bool isDestination(const Worker& worker, std::string_view subject) {
  const std::int64_t longest = worker.settings->options.max_control_line;
  return static_cast<std::int64_t>(subject.size()) <= longest && subject::isStrictLiteral(subject);
}

}  // namespace

bool asksForTrace(const Message& message) {
  return protocol::parseTraceHeaders(headerBlock(message)).has_value();
}

void publishTraced(Worker& worker, Session& session, const Message& message) {
  const TraceHeaders trace = protocol::parseTraceHeaders(headerBlock(message)).value();
  if (trace.has_origin_account) {
    const auto origin = protocol::findHeader(headerBlock(message), "Nats-Trace-Origin-Account");
    log::error(
        "{} - Message tracing disabled because of header \"Nats-Trace-Origin-Account\" with "
        "value=\"{}\"",
        session.label(), origin.value_or(""));
    return publishDisabled(worker, session, message);
  }
  if (trace.is_disabled || trace.dest.empty()) return publishUntraced(worker, session, message);
  if (!isDestination(worker, trace.dest)) {
    log::error("{} - Destination \"{}\" is not valid, won't be able to trace events",
               session.label(), trace.dest);
    if (!trace.is_trace_only) publishUntraced(worker, session, message);
    return;
  }
  if (!session.identity.permissions->mayPublish(trace.dest)) {
    return sendError(worker, session, protocol::publishViolation(trace.dest));
  }
  const auto round = std::make_shared<Round>(Round{
      .home = worker,
      .account = *session.account,
      .message = InternalMessage(message),
      .dest = std::string(trace.dest),
      .encoding = trace.encoding,
      .is_trace_only = trace.is_trace_only,
      .event = {},
  });
  round->event.request.header = protocol::headerMap(headerBlock(message));
  round->event.request.msgsize = message.size();
  TraceStep& ingress = round->event.events.emplace_back(ingressStep(session, message.subject));
  const std::string refusal = refusalOf(session, message);
  if (!refusal.empty()) {
    ingress.error = refusal;
    sendError(worker, session, refusal);
    return finishPart(*round, {});
  }
  if (session.connect->verbose) sendOk(worker, session);
  run(worker, session, round);
}

void traceOversized(Worker& worker, Session& session, std::string_view subject,
                    std::string_view headers, std::uint32_t size) {
  const auto trace = protocol::parseTraceHeaders(headers);
  const bool is_asked = trace && !trace->is_disabled && !trace->has_origin_account &&
                        isDestination(worker, trace->dest) &&
                        session.identity.permissions->mayPublish(trace->dest);
  if (!is_asked) return;
  TraceEvent event;
  event.request.header = protocol::headerMap(headers);
  event.request.msgsize = size;
  event.events.push_back(ingressStep(session, subject));
  event.events.back().error = "maximum payload exceeded";
  publishEvent(worker, *session.account, std::string(trace->dest), trace->encoding, event);
}

}  // namespace gannet::server
