#pragma once

#include <cstdint>
#include <string_view>

namespace gannet::server {

enum class PasswordAnswer : std::uint8_t;
enum class PasswordCheck : std::uint8_t;
struct Session;
class Shard;

// Begins the protocol: INFO, timers, reading. Spec: client-protocol §2.1
void beginProtocol(Shard& shard, Session& session);

// Sends the first INFO of a connection.
void sendInitialInfo(Shard& shard, Session& session);

// Sends the INFO that answers the first PING after CONNECT. Spec: client-protocol §3.3
void sendConnectInfo(Shard& shard, Session& session);

// Sends an INFO whose content changed while the client was connected, if it can take one.
void sendAsyncInfo(Shard& shard, Session& session);

// Takes a CONNECT. Spec: client-protocol §2.5, §2.6
void onConnect(Shard& shard, Session& session, std::string_view json);

// Checks a session against the authorization that a reload brought: who may not be here any more
// gets an error and is closed. Spec: config-and-cli §8.5
void reauthenticate(Shard& shard, Session& session);

// Goes on with a session when the answer to its `check` is there. See password_queue.h
void onPasswordChecked(Shard& shard, Session& session, PasswordCheck check, PasswordAnswer answer);

// Takes an INFO from a client: checked, otherwise ignored.
void onInfo(Shard& shard, Session& session, std::string_view json);

// While authentication is required and has not happened, only CONNECT may start an operation.
// False after an Authorization Violation.
bool admitsBeforeConnect(Shard& shard, Session& session, char first);

}  // namespace gannet::server
