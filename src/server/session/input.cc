#include "server/session/input.h"

#include "base/bytes/padded_view.h"
#include "protocol/args.h"
#include "protocol/control_line.h"
#include "protocol/err_text.h"
#include "protocol/redact.h"
#include "server/delivery/closing.h"
#include "server/delivery/message_trace.h"
#include "server/delivery/output.h"
#include "server/delivery/publish.h"
#include "server/delivery/stall.h"
#include "server/delivery/subscribe.h"
#include "server/session/connect.h"
#include "server/session/greeting.h"
#include "server/session/keepalive.h"
#include "server/state/protocol_log.h"
#include "server/state/session.h"
#include "server/state/session_log.h"
#include "server/state/settings.h"
#include "server/state/shard.h"
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

void fail(Shard& shard, Session& session, CloseReason reason) {
  close(shard, session, reason);
}

// The bytes of `operation` from `at` on make no sense.
void unknownOperation(Shard& shard, Session& session, std::string_view operation, std::size_t at) {
  const std::size_t begin = at - std::min(at, kContext);
  const std::string shown = protocol::quoteUnparsed(operation.substr(begin, at - begin + kContext),
                                                    at - begin, kProtoSnippet);
  const std::string text =
      fmt::format("Client parser ERROR, state={}, i={}: proto='{}...'", 0, 0, shown);
  logOf(session, log::Level::error, "{}", text);
  sendError(shard, session, protocol::kUnknownProtocolOperation);
  fail(shard, session, CloseReason::protocol_violation);
}

// Malformed arguments close without a word to the client. Spec: client-protocol §4.6
Progress badArguments(Shard& shard, Session& session, std::string_view what,
                      std::string_view args) {
  logOf(session, log::Level::error, "{}: {}", what, protocol::quoteUnparsed(args));
  fail(shard, session, CloseReason::protocol_violation);
  return Progress::stop;
}

Progress lineTooLong(Shard& shard, Session& session, const ControlLine& line) {
  logOf(session, log::Level::error, "maximum control line exceeded: {}",
        protocol::quoteUnparsed(line.args, 0, kLineSnippet));
  sendError(shard, session, protocol::kMaxControlLineExceeded);
  fail(shard, session, CloseReason::max_control_line_exceeded);
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
bool acceptPub(Shard& shard, Session& session, const PubLineEnd& line) {
  const auto& [verb, pub, behind] = line;
  if (pub.size > session.max_payload) {
    logOf(session, log::Level::error, "maximum payload exceeded: {} vs {}", pub.size,
          session.max_payload);
    if (verb == Verb::hpub && behind.size() >= pub.header_size) {
      traceOversized(shard, session, pub.subject, behind.substr(0, pub.header_size), pub.size);
    }
    sendError(shard, session, protocol::kMaxPayloadViolation);
    fail(shard, session, CloseReason::max_payload_exceeded);
    return false;
  }
  if (session.connect->pedantic && !subject::isLiteral(pub.subject)) {
    sendError(shard, session, protocol::kInvalidPublishSubject);
  }
  return true;
}

void noteActivity(const Shard& shard, Session& session) {
  session.keepalive.last_input = session.last_activity = shard.loop.now();
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
PaddedView renderTail(Shard& shard, const protocol::PubArgs& pub) {
  PaddedText& tail = shard.line_end;
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

void publishOne(Shard& shard, Session& session, const protocol::PubArgs& pub,
                const Received& body) {
  Publication message;
  message.account = session.account;
  message.subject = pub.subject;
  message.reply = pub.reply;
  message.tail = renderTail(shard, pub);
  message.body = PaddedView::within(body.bytes);
  message.owner = body.owner;
  message.from = &session;
  message.from_id = session.id;
  message.setHeaderSize(pub.header_size);
  publish(shard, session, message);
}

Progress refuseHeaders(Shard& shard, Session& session) {
  logOf(session, log::Level::error, "message headers not supported");
  fail(shard, session, CloseReason::protocol_violation);
  return Progress::stop;
}

// True if all but the last byte of an operation of `total` bytes has come and it cannot end well:
// the client may send no more, and would wait for a word.
bool endsBadly(std::string_view bytes, std::size_t total) {
  return bytes.size() + 1 == total && bytes.back() != '\r';
}

Progress takePub(Shard& shard, Session& session, Received& in, const ControlLine& line) {
  const bool has_headers = line.verb == Verb::hpub;
  if (has_headers && !session.headersEnabled()) return refuseHeaders(shard, session);
  const auto pub = has_headers ? protocol::parseHpub(line.args) : protocol::parsePub(line.args);
  if (!pub) return badArguments(shard, session, describe(line.verb, pub.error()), line.args);
  if (!session.partial.line_checked &&
      !acceptPub(shard, session, {line.verb, *pub, in.bytes.substr(line.size)})) {
    return Progress::stop;
  }
  const std::size_t total = line.size + pub->size + 2;
  if (endsBadly(in.bytes, total)) {
    unknownOperation(shard, session, in.bytes, total - 2);
    return Progress::stop;
  }
  if (in.bytes.size() < total) {
    session.partial.line_checked = true;
    return keep(session, in, in.bytes.size(), total);
  }
  session.partial.line_checked = false;
  const std::string_view body = in.bytes.substr(line.size, pub->size + 2);
  if (body[pub->size] != '\r' || body[pub->size + 1] != '\n') {
    unknownOperation(shard, session, in.bytes, line.size + pub->size);
    return Progress::stop;
  }
  noteActivity(shard, session);
  if (session.logs_protocol) logReceivedMessage(session, line, pub->header_size, body);
  publishOne(shard, session, *pub, {body, in.owner});
  in.bytes.remove_prefix(total);
  return session.phase == Phase::open ? Progress::next : Progress::stop;
}

Progress takeControl(Shard& shard, Session& session, const ControlLine& line) {
  const bool has_effect = line.verb != Verb::ok && line.verb != Verb::info;
  if (session.logs_protocol && has_effect) logReceived(session, line);
  switch (line.verb) {
    case Verb::sub: {
      const auto sub = protocol::parseSub(line.args);
      if (!sub) return badArguments(shard, session, "processSub Parse Error", line.args);
      noteActivity(shard, session);
      onSub(shard, session, *sub);
      break;
    }
    case Verb::unsub: {
      const auto unsub = protocol::parseUnsub(line.args);
      if (!unsub) return badArguments(shard, session, "processUnsub Parse Error", line.args);
      noteActivity(shard, session);
      onUnsub(shard, session, *unsub);
      break;
    }
    case Verb::ping: onPing(shard, session); break;
    case Verb::pong: onPong(shard, session); break;
    case Verb::connect: onConnect(shard, session, line.args); break;
    case Verb::info: onInfo(shard, session, line.args); break;
    case Verb::err:
      logOf(session, log::Level::error, "Client Error {}", protocol::redactUnparsed(line.args));
      fail(shard, session, CloseReason::parse_error);
      break;
    case Verb::hmsg: unknownOperation(shard, session, "HMSG", 0); break;
    case Verb::ok:
    case Verb::pub:
    case Verb::hpub: break;
  }
  const bool goes_on = session.phase == Phase::open && !session.is_paused;
  return goes_on ? Progress::next : Progress::stop;
}

// One operation from the start of `in`.
Progress takeOperation(Shard& shard, Session& session, Received& in) {
  if (session.must_connect && !admitsBeforeConnect(shard, session, in.bytes.front())) {
    return Progress::stop;
  }
  const auto max_line = static_cast<std::size_t>(shard.settings->options.max_control_line);
  const ControlLine line = protocol::scanLine(in.bytes, max_line);
  switch (line.state) {
    case LineState::incomplete: return keep(session, in, line.size, 0);
    case LineState::unknown_verb:
      unknownOperation(shard, session, in.bytes, 0);
      return Progress::stop;
    case LineState::too_long: return lineTooLong(shard, session, line);
    case LineState::complete: break;
  }
  if (line.verb == Verb::pub || line.verb == Verb::hpub) {
    return takePub(shard, session, in, line);
  }
  in.bytes.remove_prefix(line.size);
  return takeControl(shard, session, line);
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
Progress checkPartial(Shard& shard, Session& session) {
  const PartialInput& partial = session.partial;
  if (!endsBadly(partial.view(), partial.need)) return Progress::incomplete;
  unknownOperation(shard, session, partial.view(), partial.need - 2);
  return Progress::stop;
}

// Completes the partial operation from `in`, as far as the bytes reach.
Progress completePartial(Shard& shard, Session& session, Received& in) {
  PartialInput& partial = session.partial;
  const std::size_t size = missing(partial, in.bytes);
  grow(partial, partial.size + size);
  if (size > 0) std::memcpy(partial.bytes->data() + partial.size, in.bytes.data(), size);
  partial.size += size;
  in.bytes.remove_prefix(size);
  if (partial.size < partial.need) return checkPartial(shard, session);
  // The operation is taken out of the session first: it may turn out to need more.
  const BufferRef bytes = std::move(partial.bytes);
  Received whole{{bytes->data(), partial.size}, bytes.get()};
  partial.size = partial.need = 0;
  return takeOperation(shard, session, whole);
}

Progress takeNext(Shard& shard, Session& session, Received& in) {
  if (session.partial.bytes) return completePartial(shard, session, in);
  if (session.takes_fast_path) {
    const std::size_t taken = publishRun(shard, session, PaddedView::within(in.bytes), in.owner);
    if (taken > 0) noteActivity(shard, session);
    in.bytes.remove_prefix(taken);
    if (session.phase != Phase::open) return Progress::stop;
    if (in.bytes.empty()) return Progress::next;
  }
  return takeOperation(shard, session, in);
}

// Where the next read goes: straight into a large payload's buffer, or into the shard's.
struct ReadTarget {
  char* data;
  std::size_t size;
  bool is_direct;
};

ReadTarget readTarget(Shard& shard, Session& session, std::size_t limit) {
  PartialInput& partial = session.partial;
  if (partial.bytes && partial.need >= partial.size + kDirectRead) {
    grow(partial, partial.size + kDirectRead);
    const std::size_t room = partial.bytes->capacity() - PaddedView::kSlack - partial.size;
    return {partial.bytes->data() + partial.size, std::min(room, partial.need - partial.size),
            true};
  }
  return {shard.readBuffer().data(), std::min(limit, Shard::kReadSize), false};
}

void takeRead(Shard& shard, Session& session, const ReadTarget& target, std::size_t size) {
  session.account->sync();
  if (!target.is_direct) {
    takeInput(shard, session, {target.data, size}, &shard.readBuffer());
    return;
  }
  session.partial.size += size;
  if (session.partial.size == session.partial.need) {
    takeInput(shard, session, {}, nullptr);
  } else {
    checkPartial(shard, session);
  }
}

}  // namespace

void takeInput(Shard& shard, Session& session, std::string_view bytes, Buffer* owner) {
  Received in{bytes, owner};
  Progress progress = Progress::next;
  const bool completes = session.partial.bytes && session.partial.size == session.partial.need;
  if (completes) progress = completePartial(shard, session, in);
  while (!in.bytes.empty() && progress != Progress::stop) {
    progress = takeNext(shard, session, in);
  }
  // A pause in the middle of a read keeps the rest for later, unparsed.
  if (!in.bytes.empty() && session.phase == Phase::open) session.backlog = bufferInput(in.bytes);
}

PartialInput bufferInput(std::string_view bytes) {
  PartialInput kept;
  kept.bytes = BufferRef::adopt(Buffer::create(bytes.size() + PaddedView::kSlack));
  std::memcpy(kept.bytes->data(), bytes.data(), bytes.size());
  kept.size = bytes.size();
  return kept;
}

void takeBuffered(Shard& shard, Session& session, const PartialInput& kept) {
  session.account->sync();
  takeInput(shard, session, kept.view(), kept.bytes.get());
}

bool serveInput(Shard& shard, Session& session, std::size_t limit) {
  if (shard.is_observed) shard.noteActive(session);
  if (session.phase == Phase::greeting) return serveGreeting(shard, session);
  if (session.phase != Phase::open || session.is_paused || shard.is_stopping) return false;
  if (session.backlog.bytes) {
    takeBuffered(shard, session, std::exchange(session.backlog, {}));
    stall(shard, session);
    return session.phase == Phase::open && !session.is_paused;
  }
  const ReadTarget target = readTarget(shard, session, limit);
  const net::IoResult result = session.transport->read(target.data, target.size);
  ++session.traffic.reads;
  if (session.transport->hasUnsent()) shard.markDirty(session);  // TLS answers by itself
  if (result.bytes > 0) takeRead(shard, session, target, result.bytes);
  if (session.phase != Phase::open) return false;
  if (result.state == net::IoState::closed) {
    close(shard, session, CloseReason::client_closed);
    return false;
  }
  if (result.state == net::IoState::failed) {
    close(shard, session, CloseReason::read_error);
    return false;
  }
  if (isThrottled(shard, session)) session.stall_due += kThrottleStall;
  stall(shard, session);
  return result.state != net::IoState::drained && !session.is_paused;
}

}  // namespace gannet::server
