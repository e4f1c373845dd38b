#include "server/state/protocol_log.h"

#include "protocol/control_line.h"
#include "protocol/redact.h"
#include "server/message/publication.h"
#include "server/state/session.h"
#include "server/state/session_log.h"
#include "server/state/settings.h"
#include "server/state/shard.h"

#include <string>

namespace gannet::server {
namespace {

std::string_view nameOf(protocol::Verb verb) {
  switch (verb) {
    case protocol::Verb::connect: return "CONNECT";
    case protocol::Verb::info: return "INFO";
    case protocol::Verb::pub: return "PUB";
    case protocol::Verb::hpub: return "HPUB";
    case protocol::Verb::sub: return "SUB";
    case protocol::Verb::unsub: return "UNSUB";
    case protocol::Verb::hmsg: return "HMSG";
    case protocol::Verb::ping: return "PING";
    case protocol::Verb::pong: return "PONG";
    case protocol::Verb::ok: return "OK";
    case protocol::Verb::err: return "-ERR";
  }
  return "";
}

void traceLine(const Session& session, std::string_view arrow, std::string_view verb,
               std::string_view args) {
  if (!log::admits(log::Level::trace)) return;
  const bool is_free_text =
      verb == nameOf(protocol::Verb::connect) || verb == nameOf(protocol::Verb::err);
  logOf(session, log::Level::trace, "{} [{}{}{}]", arrow, verb, args.empty() ? "" : " ",
        is_free_text ? protocol::redactUnparsed(args) : protocol::redact(args));
}

// The payload as the options want it shown: all of it, its start, or its headers only.
void tracePayload(const Session& session, std::string_view arrow, std::uint32_t header_size,
                  std::string_view body) {
  const config::Options& options = session.shard->settings->options;
  std::string_view shown = body.substr(0, body.size() - 2);
  if (options.trace_headers) {
    if (header_size == 0) return;
    shown = shown.substr(0, header_size >= 4 ? header_size - 4 : 0);
  }
  if (shown.empty() || !log::admits(log::Level::trace)) return;
  const auto limit = static_cast<std::size_t>(options.max_traced_msg_len);
  const bool is_cut = limit > 0 && shown.size() > limit;
  if (is_cut) shown = shown.substr(0, limit);
  std::string text(shown);
  if (is_cut) text += "...";
  logOf(session, log::Level::trace, "{} MSG_PAYLOAD: [{}]", arrow, protocol::quoteSent(text));
}

}  // namespace

void logReceived(const Session& session, const protocol::ControlLine& line) {
  traceLine(session, "<<-", nameOf(line.verb), line.args);
}

void logReceivedMessage(const Session& session, const protocol::ControlLine& line,
                        std::uint32_t header_size, std::string_view body) {
  traceLine(session, "<<-", nameOf(line.verb), line.args);
  tracePayload(session, "<<-", header_size, body);
}

void logSent(const Session& session, std::string_view verb, std::string_view args) {
  traceLine(session, "->>", verb, args);
}

void logDelivery(const Session& session, const Subscription& sub, const Publication& message) {
  const std::string_view tail = message.tail.view().substr(0, message.tail.size() - 2);
  if (log::admits(log::Level::trace)) {
    traceLine(session, "->>", message.header_size > 0 ? "HMSG" : "MSG",
              fmt::format("{} {} {}", message.shown(), sub.sid, tail));
  }
  tracePayload(session, "->>", message.header_size, message.body.view());
}

void logUnsubscribed(const Session& session, std::string_view sid) {
  traceLine(session, "<->", "DELSUB", sid);
}

}  // namespace gannet::server
