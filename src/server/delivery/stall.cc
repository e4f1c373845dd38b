#include "server/delivery/stall.h"

#include "config/language/go_duration.h"
#include "server/delivery/relay.h"
#include "server/state/session.h"
#include "server/state/session_log.h"
#include "server/state/shard.h"

#include <algorithm>
#include <utility>

namespace gannet::server {
namespace {

constexpr std::chrono::nanoseconds kMaxStall = std::chrono::milliseconds(10);
constexpr auto kLongStall = std::chrono::milliseconds(5);
constexpr auto kBacklogStall = std::chrono::milliseconds(1);
constexpr auto kThrottleTime = std::chrono::milliseconds(50);

void armStall(Shard& shard, Session& session, std::chrono::nanoseconds due);

// A publisher whose messages another shard has not routed yet waits on.
void endStall(void* owner) {
  auto& session = *static_cast<Session*>(owner);
  Shard& shard = *session.shard;
  if (session.awaited_shard && shard.relay->isCongested(*session.awaited_shard)) {
    return armStall(shard, session, kBacklogStall);
  }
  resume(shard, session);
}

void armStall(Shard& shard, Session& session, std::chrono::nanoseconds due) {
  shard.loop.wheel().arm(session.pause_timer, shard.loop.now(), due, endStall, &session);
}

}  // namespace

void stall(Shard& shard, Session& session) {
  if (session.stall_due.count() == 0) return;
  const auto due = std::min(session.stall_due, kMaxStall);
  session.stall_due = std::chrono::nanoseconds(0);
  if (session.is_paused || session.phase != Phase::open) return;
  if (due > kLongStall) {
    logOncePerSecond(session, log::Level::warning,
                     "Producer was stalled for a total of {} - Account:{}",
                     config::formatDuration(due), session.account->account.name);
  }
  pause(session);
  shard.addStalled(session);
  armStall(shard, session, due);
}

void stallForRemote(Shard& shard, Session& session, std::chrono::nanoseconds due) {
  session.throttled_until = shard.loop.now() + kThrottleTime;
  session.stall_due += due;
  if (session.is_paused && session.pause_timer.isArmed()) {
    armStall(shard, session, std::min(std::exchange(session.stall_due, {}), kMaxStall));
  } else {
    stall(shard, session);
  }
}

bool isThrottled(const Shard& shard, const Session& session) {
  return shard.loop.now() < session.throttled_until;
}

void pause(Session& session) {
  session.is_paused = true;
}

void resume(Shard& shard, Session& session) {
  if (!session.is_paused || session.phase != Phase::open) return;
  session.is_paused = false;
  session.pause_timer.cancel();
  session.awaited_shard.reset();
  shard.markReady(session);
}

void resumeStalled(Shard& shard) {
  for (Session* const session : std::exchange(shard.todo.stalled, {})) {
    session->is_stalled = false;
    if (session->pause_timer.isArmed())
      resume(shard, *session);  // else it waits for something else
  }
}

}  // namespace gannet::server
