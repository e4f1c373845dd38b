#pragma once

#include <cstdint>
#include <string_view>

namespace gannet::protocol {
struct ControlLine;
}

namespace gannet::server {

struct Publication;
struct Session;
struct Subscription;

// Protocol lines in the log. Called only for sessions that are traced.
// Spec  config-and-cli §7.7

void logReceived(const Session& session, const protocol::ControlLine& line);

// A PUB or HPUB and its payload; `body` ends with CR LF.
void logReceivedMessage(const Session& session, const protocol::ControlLine& line,
                        std::uint32_t header_size, std::string_view body);

void logSent(const Session& session, std::string_view verb, std::string_view args);

void logDelivery(const Session& session, const Subscription& sub, const Publication& message);

void logUnsubscribed(const Session& session, std::string_view sid);

}  // namespace gannet::server
