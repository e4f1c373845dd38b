#pragma once

#include <chrono>

namespace gannet::server {

struct Session;
class Shard;

// Keeps a publisher from being read for the time it earned by outrunning its receivers, at most
// 10 ms a read batch. Spec: client-protocol §10
void stall(Shard& shard, Session& session);

// The same for a receiver on another shard, which asked for `due`. What it hears of comes late, so
// the publisher is read in small portions for a while.
void stallForRemote(Shard& shard, Session& session, std::chrono::nanoseconds due);

// True while a receiver on another shard recently asked for a stall.
[[nodiscard]] bool isThrottled(const Shard& shard, const Session& session);

// Stops reading until resume().
void pause(Session& session);
void resume(Shard& shard, Session& session);

// Reads those on who wait for a receiver to drain: one did.
void resumeStalled(Shard& shard);

}  // namespace gannet::server
