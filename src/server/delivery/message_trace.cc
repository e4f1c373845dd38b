#include "server/delivery/message_trace.h"

#include "auth/permission_set.h"
#include "protocol/err_text.h"
#include "protocol/headers.h"
#include "protocol/redact.h"
#include "server/delivery/output.h"
#include "server/delivery/publish.h"
#include "server/delivery/relay.h"
#include "server/delivery/route.h"
#include "server/delivery/trace_event.h"
#include "server/message/owned_publication.h"
#include "server/state/server_facts.h"
#include "server/state/session.h"
#include "server/state/session_log.h"
#include "server/state/settings.h"
#include "server/state/shard.h"
#include "subject/tokens.h"
#include "subject/trie.h"

#include <memory>
#include <string>
#include <utility>

// A traced message is routed as any other, by a route that notes every step. Other shards get a
// task that does the same there and sends its notes back. When the last notes are in, the event is
// published where the message was.

namespace gannet::server {
namespace {

using protocol::TraceHeaders;

constexpr std::string_view kDisabled = "trace disabled";

// One message's trace, from the publish to its event.
struct MessageTrace {
  Shard& home;
  AccountView& account;
  OwnedPublication message;
  std::string dest;
  protocol::TraceEncoding encoding;
  bool is_trace_only;
  TraceEvent event;
  std::size_t shards_left = 1;  // this one's part among them; home shard only
  bool is_delivered = false;    // to anybody, as far as is known
};

// shared_ptr: owned by the publish and by the tasks on other shards, whichever ends last.
using TracePtr = std::shared_ptr<MessageTrace>;

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

std::string_view errorOf(Outcome outcome, const config::Options& options) {
  switch (outcome) {
    case Outcome::delivered: return {};
    case Outcome::client_closed: return "Not delivered because client is closed";
    case Outcome::subscription_closed: return "Not delivered because subscription is closed";
    case Outcome::own_message: return "Not delivered because of no echo";
    case Outcome::exhausted: return "Not delivered because auto-unsubscribe exceeded";
    case Outcome::no_room:
      return options.no_fast_producer_stall
                 ? "Not delivered because fast producer not stalled and consumer is slow"
                 : "Not delivered because client is closed";
  }
  return {};
}

void publishEvent(Shard& shard, AccountView& account, const std::string& dest,
                  protocol::TraceEncoding encoding, TraceEvent& event) {
  event.server = nextServerFacts(shard);
  const EncodedEvent encoded = encode(event, encoding);
  const OwnedPublication message(Occasion::event, dest, "", encoded.headers, encoded.body);
  publishInternal(shard, account, message.view());
}

// What one shard did for a traced message.
struct Part {
  std::vector<TraceStep> steps;
  bool is_delivered = false;
};

void finishPart(MessageTrace& trace, Part part) {
  auto& events = trace.event.events;
  events.insert(events.end(), std::make_move_iterator(part.steps.begin()),
                std::make_move_iterator(part.steps.end()));
  trace.is_delivered = trace.is_delivered || part.is_delivered;
  if (--trace.shards_left > 0) return;
  const Publication message = trace.message.view();
  Session* const from = trace.home.find(message.from_id);
  if (!trace.is_delivered && from != nullptr) {
    answerNoResponders(trace.home, *from, message.subject, message.reply);
  }
  publishEvent(trace.home, trace.account, trace.dest, trace.encoding, trace.event);
}

// Notes each step of a route, and has other shards do the same.
class Tracer final : public RouteObserver {
 public:
  Tracer(Shard& shard, TracePtr trace) : shard_(shard), trace_(std::move(trace)) {}

  [[nodiscard]] bool delivers() const override { return !trace_->is_trace_only; }

  void note(const Subscription& sub, Outcome outcome) override {
    TraceStep& step = add("eg");
    step.kind = 0;
    step.cid = sub.session->cid;
    step.name = sub.session->connect->name;
    step.sub = std::string(subject::patternOf(sub));
    step.queue = std::string(subject::queueOf(sub));
    step.error = std::string(errorOf(outcome, shard_.settings->options));
    part_.is_delivered = part_.is_delivered || outcome == Outcome::delivered;
  }

  void noteInternal(const Subscription& sub) override {
    TraceStep& step = add("si");
    step.acc = account::kSystemAccount;
    const std::string asked = subject::patternOf(sub);
    step.from = asked;
    step.to = systemSubject(asked, trace_->account.account.name);
    part_.is_delivered = true;
  }

  void handOver(ShardId shard, const Handover& handover) override;

  [[nodiscard]] Part takePart() { return std::move(part_); }

 private:
  TraceStep& add(std::string_view type) {
    TraceStep& step = part_.steps.emplace_back();
    step.type = std::string(type);
    step.ts = wallNow();
    return step;
  }

  Shard& shard_;
  TracePtr trace_;
  Part part_;
};

// The picks of a handover, with their bytes.
struct OwnedPicks {
  explicit OwnedPicks(const Handover& handover) : includes_plain(handover.includes_plain) {
    for (const Pick& pick : handover.picks)
      picks.emplace_back(pick.id, std::string(pick.queue));
  }

  bool includes_plain;
  std::vector<std::pair<SubscriptionId, std::string>> picks;
};

Part traceHere(Shard& there, const TracePtr& trace, const OwnedPicks& owned) {
  Publication message = trace->message.view();
  message.account = &there.accounts.at(trace->account.account.index);
  std::vector<Pick> picks;
  for (const auto& [id, queue] : owned.picks)
    picks.push_back({id, queue});
  message.account->sync();
  const Plan& plan = planFor(there, *message.account, message.subject);
  Tracer tracer(there, trace);
  routeHereObserved(there, plan, message, {owned.includes_plain, picks}, tracer);
  return tracer.takePart();
}

// Where the picked member is gone when the message arrives, another shard takes it on: there the
// trace ends, but the message does not.
void Tracer::handOver(ShardId shard, const Handover& handover) {
  if (&shard_ != &trace_->home) {
    if (!delivers()) return;
    Publication message = trace_->message.view();
    message.account = &shard_.accounts.at(trace_->account.account.index);
    message.hops = 1;
    part_.is_delivered = true;
    shard_.relay->hand(shard, message, handover);
    return;
  }
  ++trace_->shards_left;
  shard_.relay->post(
      shard, [trace = trace_, owned = OwnedPicks(handover), home = shard_.loop.id()](Shard& there) {
        there.relay->post(home, [trace, part = traceHere(there, trace, owned)](Shard&) mutable {
          finishPart(*trace, std::move(part));
        });
      });
}

void run(Shard& shard, Session& session, const TracePtr& trace) {
  Publication message = trace->message.view();
  message.account = session.account;
  message.from = &session;
  Tracer tracer(shard, trace);
  routeObserved(shard, planFor(shard, *session.account, message.subject), message, tracer);
  session.account->sync();
  finishPart(*trace, tracer.takePart());
}

// An old server's mark: the copy that goes on says that it is not to be traced.
void publishDisabled(Shard& shard, Session& session, const Publication& message) {
  const std::string block = protocol::setHeader(message.headers(), "Nats-Trace-Dest", kDisabled);
  const std::string_view payload =
      message.body.view().substr(message.header_size, message.size() - message.header_size);
  const OwnedPublication copy(Occasion::answer, message.subject, message.reply, block, payload);
  Publication disabled = copy.view();
  disabled.account = session.account;
  disabled.from = &session;
  disabled.from_id = session.id;
  publishUntraced(shard, session, disabled);
}

// A destination comes in a header, which may hold what no control line could.
bool isDestination(const Shard& shard, std::string_view subject) {
  const std::int64_t longest = shard.settings->options.max_control_line;
  return static_cast<std::int64_t>(subject.size()) <= longest && subject::isStrictLiteral(subject);
}

}  // namespace

bool asksForTrace(const Publication& message) {
  return protocol::parseTraceHeaders(message.headers()).has_value();
}

void publishTraced(Shard& shard, Session& session, const Publication& message) {
  const TraceHeaders asked = protocol::parseTraceHeaders(message.headers()).value();
  if (asked.has_origin_account) {
    const auto origin = protocol::findHeader(message.headers(), "Nats-Trace-Origin-Account");
    if (mayRepeat(session, Repeated::message_trace)) {
      logOf(session, log::Level::error,
            "Message tracing disabled because of header \"Nats-Trace-Origin-Account\" with "
            "value=\"{}\"",
            protocol::redact(origin.value_or("")));
    }
    return publishDisabled(shard, session, message);
  }
  if (asked.is_disabled || asked.dest.empty()) return publishUntraced(shard, session, message);
  if (!isDestination(shard, asked.dest)) {
    if (mayRepeat(session, Repeated::message_trace)) {
      logOf(session, log::Level::error,
            "Destination \"{}\" is not valid, won't be able to trace events",
            protocol::redact(asked.dest));
    }
    if (!asked.is_trace_only) publishUntraced(shard, session, message);
    return;
  }
  if (!session.identity.permissions->mayPublish(asked.dest)) {
    return sendError(shard, session, protocol::publishViolation(asked.dest));
  }
  const auto trace = std::make_shared<MessageTrace>(MessageTrace{
      .home = shard,
      .account = *session.account,
      .message = OwnedPublication(message),
      .dest = std::string(asked.dest),
      .encoding = asked.encoding,
      .is_trace_only = asked.is_trace_only,
      .event = {},
  });
  trace->event.request.header = protocol::headerMap(message.headers());
  trace->event.request.msgsize = message.size();
  TraceStep& ingress = trace->event.events.emplace_back(ingressStep(session, message.subject));
  const Verdict verdict = verdictFor(shard, *session.account, *session.memo, message.subject);
  const std::string refusal = refusalOf(session, message, verdict.permission);
  if (!refusal.empty()) {
    ingress.error = refusal;
    sendError(shard, session, refusal);
    return finishPart(*trace, {});
  }
  if (session.connect->verbose) sendOk(shard, session);
  run(shard, session, trace);
}

void traceOversized(Shard& shard, Session& session, std::string_view subject,
                    std::string_view headers, std::uint32_t size) {
  const auto trace = protocol::parseTraceHeaders(headers);
  const bool is_asked = trace && !trace->is_disabled && !trace->has_origin_account &&
                        isDestination(shard, trace->dest) &&
                        session.identity.permissions->mayPublish(trace->dest);
  if (!is_asked) return;
  TraceEvent event;
  event.request.header = protocol::headerMap(headers);
  event.request.msgsize = size;
  event.events.push_back(ingressStep(session, subject));
  event.events.back().error = "maximum payload exceeded";
  publishEvent(shard, *session.account, std::string(trace->dest), trace->encoding, event);
}

}  // namespace gannet::server
