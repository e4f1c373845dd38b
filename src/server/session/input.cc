#include "server/session/input.h"

#include "base/bytes/padded_view.h"
#include "base/log.h"
#include "protocol/args.h"
#include "protocol/control_line.h"
#include "protocol/err_text.h"
#include "protocol/redact.h"
#include "server/delivery/output.h"
#include "server/delivery/publish.h"
#include "server/delivery/subscribe.h"
#include "server/session/closing.h"
#include "server/session/connect.h"
#include "server/session/greeting.h"
#include "server/session/keepalive.h"
#include "server/session/session.h"
#include "server/session/trace_log.h"
#include "server/shards/balance.h"
#include "server/shards/settings.h"
#include "server/shards/worker.h"
#include "server/trace/message_trace.h"
#include "subject/tokens.h"

#include <algorithm>
#include <cstring>

// Operations are taken from the received bytes where they lie. What is left of an incomplete one is
// kept in the session and completed from the next read: its control line byte by byte up to LF, its
// payload by the number of bytes that is missing. So each byte is looked at once, however the
// stream is cut, and all operations but those across a cut are parsed in place.
namespace gannet::server {
namespace {

using protocol::CloseReason;
using protocol::ControlLine;
using protocol::LineState;
using protocol::Verb;

constexpr int kReadsPerTurn = 4;

// Between two reads from a publisher that outruns a receiver on another shard.
constexpr auto kThrottleStall = std::chrono::milliseconds(10);

// A payload that is at least this far from complete is received straight into its own buffer.
constexpr std::size_t kDirectRead = std::size_t{32} * 1024;

// A client that announces much and sends nothing holds no more than this.
constexpr std::size_t kFirstPartial = std::size_t{4} * 1024;

constexpr std::size_t kProtoSnippet = 32;
constexpr std::size_t kLineSnippet = 128;

// So far to both sides of a snippet a secret is looked for that reaches into it: as far as a
// control line goes, where nobody asks for longer ones.
constexpr std::size_t kContext = 4096;

enum class Progress : std::uint8_t {
  next,        // an operation was taken
  incomplete,  // the rest is kept
  stop,        // the session closes or waits
};

// The bytes that are left of one read.
struct Received {
  std::string_view bytes;
  Buffer* owner = nullptr;
};

void fail(Worker& worker, Session& session, CloseReason reason) {
  close(worker, session, reason);
}

// The bytes of `operation` from `at` on make no sense.
void unknownOperation(Worker& worker, Session& session, std::string_view operation,
                      std::size_t at) {
  const std::size_t begin = at - std::min(at, kContext);
  const std::string shown = protocol::quoteUnparsed(operation.substr(begin, at - begin + kContext),
                                                    at - begin, kProtoSnippet);
  const std::string text =
      fmt::format("Client parser ERROR, state={}, i={}: proto='{}...'", 0, 0, shown);
  log::error("{} - {}", session.label(), text);
  sendError(worker, session, protocol::kUnknownProtocolOperation);
  fail(worker, session, CloseReason::protocol_violation);
}

// Malformed arguments close without a word to the client. Spec: client-protocol §4.6
Progress badArguments(Worker& worker, Session& session, std::string_view what,
                      std::string_view args) {
  log::error("{} - {}: {}", session.label(), what, protocol::quoteUnparsed(args));
  fail(worker, session, CloseReason::protocol_violation);
  return Progress::stop;
}

Progress lineTooLong(Worker& worker, Session& session, const ControlLine& line) {
  log::error("{} - maximum control line exceeded: {}", session.label(),
             protocol::quoteUnparsed(line.args, 0, kLineSnippet));
  sendError(worker, session, protocol::kMaxControlLineExceeded);
  fail(worker, session, CloseReason::max_control_line_exceeded);
  return Progress::stop;
}

std::string_view describe(Verb verb, protocol::PubError error) {
  const bool headers = verb == Verb::hpub;
  switch (error) {
    case protocol::PubError::argument_count:
      return headers ? "processHeaderPub Parse Error" : "processPub Parse Error";
    case protocol::PubError::bad_size:
      return headers ? "processHeaderPub Bad or Missing Total Size"
                     : "processPub Bad or Missing Size";
    case protocol::PubError::bad_header_size: return "processHeaderPub Bad or Missing Header Size";
    case protocol::PubError::header_exceeds_total:
      return "processHeaderPub Header Size larger then TotalSize";
  }
  return "";
}

// A PUB or HPUB line and what has been received behind it.
struct PubLineEnd {
  Verb verb;
  const protocol::PubArgs& pub;
  std::string_view behind;
};

// Checks that follow from the control line alone, before a byte of payload is waited for.
bool acceptPub(Worker& worker, Session& session, const PubLineEnd& line) {
  const auto& [verb, pub, behind] = line;
  if (pub.size > session.max_payload) {
    log::error("{} - maximum payload exceeded: {} vs {}", session.label(), pub.size,
               session.max_payload);
    if (verb == Verb::hpub && behind.size() >= pub.header_size) {
      traceOversized(worker, session, pub.subject, behind.substr(0, pub.header_size), pub.size);
    }
    sendError(worker, session, protocol::kMaxPayloadViolation);
    fail(worker, session, CloseReason::max_payload_exceeded);
    return false;
  }
  if (session.connect->pedantic && !subject::isLiteral(pub.subject)) {
    sendError(worker, session, protocol::kInvalidPublishSubject);
  }
  return true;
}

void noteActivity(const Worker& worker, Session& session) {
  session.keepalive.last_input = session.last_activity = worker.shard.now();
}

// Keeps what is left of a read for the next one. `need` is the operation's size if it is known.
Progress keep(Session& session, Received& in, std::size_t size, std::size_t need) {
  PartialInput& partial = session.partial;
  const std::size_t wanted =
      std::max(size, std::min(need, size >= kDirectRead ? need : kFirstPartial));
  partial.bytes =
      BufferRef::adopt(Buffer::create(std::max<std::size_t>(wanted, 64) + PaddedView::kSlack));
  std::memcpy(partial.bytes->data(), in.bytes.data(), size);
  partial.size = size;
  partial.need = need;
  in.bytes = {};
  return Progress::incomplete;
}

// The end of the MSG line, written anew: the control line may be of any form.
PaddedView renderTail(Worker& worker, const protocol::PubArgs& pub) {
  PaddedText& tail = worker.line_end;
  const auto add = [&tail](std::string_view text) {
    tail.append(text);
    if (!text.empty()) tail.append(" ");
  };
  tail.clear();
  add(pub.reply);
  if (pub.header_size > 0) add(pub.header_text);
  tail.append(pub.size_text);
  tail.append("\r\n");
  tail.seal();
  return tail.view();
}

void publishOne(Worker& worker, Session& session, const protocol::PubArgs& pub,
                const Received& body) {
  Publication message;
  message.account = session.account;
  message.subject = pub.subject;
  message.reply = pub.reply;
  message.tail = renderTail(worker, pub);
  message.body = PaddedView::within(body.bytes);
  message.owner = body.owner;
  message.from = &session;
  message.from_id = session.id;
  message.setHeaderSize(pub.header_size);
  publish(worker, session, message);
}

Progress refuseHeaders(Worker& worker, Session& session) {
  log::error("{} - message headers not supported", session.label());
  fail(worker, session, CloseReason::protocol_violation);
  return Progress::stop;
}

// True if all but the last byte of an operation of `total` bytes has come and it cannot end well:
// the client may send no more, and would wait for a word.
bool endsBadly(std::string_view bytes, std::size_t total) {
  return bytes.size() + 1 == total && bytes.back() != '\r';
}

Progress takePub(Worker& worker, Session& session, Received& in, const ControlLine& line) {
  const bool has_headers = line.verb == Verb::hpub;
  if (has_headers && !session.headersEnabled()) return refuseHeaders(worker, session);
  const auto pub = has_headers ? protocol::parseHpub(line.args) : protocol::parsePub(line.args);
  if (!pub) return badArguments(worker, session, describe(line.verb, pub.error()), line.args);
  if (!session.partial.line_checked &&
      !acceptPub(worker, session, {line.verb, *pub, in.bytes.substr(line.size)})) {
    return Progress::stop;
  }
  const std::size_t total = line.size + pub->size + 2;
  if (endsBadly(in.bytes, total)) {
    unknownOperation(worker, session, in.bytes, total - 2);
    return Progress::stop;
  }
  if (in.bytes.size() < total) {
    session.partial.line_checked = true;
    return keep(session, in, in.bytes.size(), total);
  }
  session.partial.line_checked = false;
  const std::string_view body = in.bytes.substr(line.size, pub->size + 2);
  if (body[pub->size] != '\r' || body[pub->size + 1] != '\n') {
    unknownOperation(worker, session, in.bytes, line.size + pub->size);
    return Progress::stop;
  }
  noteActivity(worker, session);
  if (session.in_traced) traceReceivedMessage(session, line, pub->header_size, body);
  publishOne(worker, session, *pub, {body, in.owner});
  in.bytes.remove_prefix(total);
  return session.phase == Phase::open ? Progress::next : Progress::stop;
}

Progress takeControl(Worker& worker, Session& session, const ControlLine& line) {
  const bool has_effect = line.verb != Verb::ok && line.verb != Verb::info;
  if (session.in_traced && has_effect) traceReceived(session, line);
  switch (line.verb) {
    case Verb::sub: {
      const auto sub = protocol::parseSub(line.args);
      if (!sub) return badArguments(worker, session, "processSub Parse Error", line.args);
      noteActivity(worker, session);
      onSub(worker, session, *sub);
      break;
    }
    case Verb::unsub: {
      const auto unsub = protocol::parseUnsub(line.args);
      if (!unsub) return badArguments(worker, session, "processUnsub Parse Error", line.args);
      noteActivity(worker, session);
      onUnsub(worker, session, *unsub);
      break;
    }
    case Verb::ping: onPing(worker, session); break;
    case Verb::pong: onPong(worker, session); break;
    case Verb::connect: onConnect(worker, session, line.args); break;
    case Verb::info: onInfo(worker, session, line.args); break;
    case Verb::err:
      log::error("{} - Client Error {}", session.label(), protocol::redactUnparsed(line.args));
      fail(worker, session, CloseReason::parse_error);
      break;
    case Verb::hmsg: unknownOperation(worker, session, "HMSG", 0); break;
    case Verb::ok:
    case Verb::pub:
    case Verb::hpub: break;
  }
  const bool goes_on = session.phase == Phase::open && !session.is_paused;
  return goes_on ? Progress::next : Progress::stop;
}

// One operation from the start of `in`.
Progress takeOperation(Worker& worker, Session& session, Received& in) {
  if (session.must_connect && !admitsBeforeConnect(worker, session, in.bytes.front())) {
    return Progress::stop;
  }
  const auto max_line = static_cast<std::size_t>(worker.settings->options.max_control_line);
  const ControlLine line = protocol::scanLine(in.bytes, max_line);
  switch (line.state) {
    case LineState::incomplete: return keep(session, in, line.size, 0);
    case LineState::unknown_verb:
      unknownOperation(worker, session, in.bytes, 0);
      return Progress::stop;
    case LineState::too_long: return lineTooLong(worker, session, line);
    case LineState::complete: break;
  }
  if (line.verb == Verb::pub || line.verb == Verb::hpub) {
    return takePub(worker, session, in, line);
  }
  in.bytes.remove_prefix(line.size);
  return takeControl(worker, session, line);
}

// Makes room for `size` bytes in a partial operation.
void grow(PartialInput& partial, std::size_t size) {
  if (partial.bytes->capacity() >= size + PaddedView::kSlack) return;
  const std::size_t doubled = std::max(size, partial.bytes->capacity() * 2);
  const std::size_t capacity =
      partial.need > 0 ? std::max(size, std::min(doubled, partial.need)) : doubled;
  BufferRef bigger = BufferRef::adopt(Buffer::create(capacity + PaddedView::kSlack));
  std::memcpy(bigger->data(), partial.bytes->data(), partial.size);
  partial.bytes = std::move(bigger);
}

// How many of the received bytes belong to the partial operation, as far as can be told.
std::size_t missing(const PartialInput& partial, std::string_view bytes) {
  if (partial.need > 0) return std::min(partial.need - partial.size, bytes.size());
  const std::size_t end = bytes.find('\n');
  return end == std::string_view::npos ? bytes.size() : end + 1;
}

// Looks at an operation of known size whose end is still to come.
Progress checkPartial(Worker& worker, Session& session) {
  const PartialInput& partial = session.partial;
  if (!endsBadly(partial.view(), partial.need)) return Progress::incomplete;
  unknownOperation(worker, session, partial.view(), partial.need - 2);
  return Progress::stop;
}

// Completes the partial operation from `in`, as far as the bytes reach.
Progress completePartial(Worker& worker, Session& session, Received& in) {
  PartialInput& partial = session.partial;
  const std::size_t size = missing(partial, in.bytes);
  grow(partial, partial.size + size);
  if (size > 0) std::memcpy(partial.bytes->data() + partial.size, in.bytes.data(), size);
  partial.size += size;
  in.bytes.remove_prefix(size);
  if (partial.size < partial.need) return checkPartial(worker, session);
  // The operation is taken out of the session first: it may turn out to need more.
  const BufferRef bytes = std::move(partial.bytes);
  Received whole{{bytes->data(), partial.size}, bytes.get()};
  partial.size = partial.need = 0;
  return takeOperation(worker, session, whole);
}

Progress takeNext(Worker& worker, Session& session, Received& in) {
  if (session.partial.bytes) return completePartial(worker, session, in);
  if (session.publishes_plainly) {
    const std::size_t taken = publishRun(worker, session, PaddedView::within(in.bytes), in.owner);
    if (taken > 0) noteActivity(worker, session);
    in.bytes.remove_prefix(taken);
    if (session.phase != Phase::open) return Progress::stop;
    if (in.bytes.empty()) return Progress::next;
  }
  return takeOperation(worker, session, in);
}

// Where the next read goes: straight into a large payload's buffer, or into the shard's.
struct ReadTarget {
  char* data;
  std::size_t size;
  bool is_direct;
};

ReadTarget readTarget(Worker& worker, Session& session) {
  PartialInput& partial = session.partial;
  if (partial.bytes && partial.need >= partial.size + kDirectRead) {
    grow(partial, partial.size + kDirectRead);
    const std::size_t room = partial.bytes->capacity() - PaddedView::kSlack - partial.size;
    return {partial.bytes->data() + partial.size, std::min(room, partial.need - partial.size),
            true};
  }
  return {worker.readBuffer().data(), Worker::kReadSize, false};
}

void takeRead(Worker& worker, Session& session, const ReadTarget& target, std::size_t size) {
  worker.syncPlans();
  if (!target.is_direct) {
    takeInput(worker, session, {target.data, size}, &worker.readBuffer());
    return;
  }
  session.partial.size += size;
  if (session.partial.size == session.partial.need) {
    takeInput(worker, session, {}, nullptr);
  } else {
    checkPartial(worker, session);
  }
}

}  // namespace

void takeInput(Worker& worker, Session& session, std::string_view bytes, Buffer* owner) {
  Received in{bytes, owner};
  Progress progress = Progress::next;
  const bool completes = session.partial.bytes && session.partial.size == session.partial.need;
  if (completes) progress = completePartial(worker, session, in);
  while (!in.bytes.empty() && progress != Progress::stop) {
    progress = takeNext(worker, session, in);
  }
  // A pause in the middle of a read keeps the rest for later, unparsed.
  if (!in.bytes.empty() && session.phase == Phase::open) session.backlog = keepAside(in.bytes);
}

PartialInput keepAside(std::string_view bytes) {
  PartialInput kept;
  kept.bytes = BufferRef::adopt(Buffer::create(bytes.size() + PaddedView::kSlack));
  std::memcpy(kept.bytes->data(), bytes.data(), bytes.size());
  kept.size = bytes.size();
  return kept;
}

void takeKept(Worker& worker, Session& session, const PartialInput& kept) {
  worker.syncPlans();
  takeInput(worker, session, kept.view(), kept.bytes.get());
}

bool serveInput(Worker& worker, Session& session) {
  if (worker.is_observed) worker.balance->note(session);
  for (int reads = 0; reads < kReadsPerTurn; ++reads) {
    if (session.phase == Phase::greeting) return serveGreeting(worker, session);
    if (session.phase != Phase::open || session.is_paused || worker.is_stopping) return false;
    if (session.backlog.bytes) {
      takeKept(worker, session, std::exchange(session.backlog, {}));
      stall(worker, session);
      continue;
    }
    const ReadTarget target = readTarget(worker, session);
    const net::IoResult result = session.transport->read(target.data, target.size);
    ++session.traffic.reads;
    if (result.bytes > 0) takeRead(worker, session, target, result.bytes);
    if (session.phase != Phase::open) return false;
    if (result.state == net::IoState::closed) {
      close(worker, session, CloseReason::client_closed);
      return false;
    }
    if (result.state == net::IoState::failed) {
      close(worker, session, CloseReason::read_error);
      return false;
    }
    if (isThrottled(worker, session)) session.stall_due += kThrottleStall;
    stall(worker, session);
    if (result.state == net::IoState::drained) return false;
  }
  return !session.is_paused;
}

void pause(Session& session) {
  session.is_paused = true;
}

void resume(Worker& worker, Session& session) {
  if (!session.is_paused || session.phase != Phase::open) return;
  session.is_paused = false;
  session.pause_timer.cancel();
  session.awaited_shard.reset();
  worker.markReady(session);
}

}  // namespace gannet::server
