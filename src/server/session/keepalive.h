#pragma once

namespace gannet::server {

struct Session;
class Shard;

// Starts the ping schedule of a fresh connection, and its authentication timeout if one applies.
// Spec  client-protocol §2.1, §11
void startKeepalive(Shard& shard, Session& session);

// Restarts the ping schedule after a CONNECT that was accepted: the first PING comes soon, to
// measure the RTT, but behind the PONG to the client's first PING, which it has two seconds to
// send.
void scheduleFirstPing(Shard& shard, Session& session);

// Pings a session whose time has come, or closes it if too many PINGs are unanswered.
void pingOrClose(Shard& shard, Session& session);

// Answers a PING; the first one after CONNECT also gets the INFO that belongs to it.
void onPing(Shard& shard, Session& session);

// Takes a PONG as the answer to whatever PING is outstanding.
void onPong(Shard& shard, Session& session);

// Sends a PING outside the schedule, because somebody asked for an RTT that is not known. Not
// before the first PONG either.
void pingForRtt(Shard& shard, Session& session);

}  // namespace gannet::server
