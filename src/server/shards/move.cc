#include "server/shards/move.h"

#include "base/assert.h"
#include "server/delivery/closing.h"
#include "server/delivery/relay.h"
#include "server/state/session.h"
#include "server/state/shard.h"

#include <memory>

// While the others stand still, nothing is under way to a session that moves, and nothing that it
// sent is under way to anybody: everything that any shard posted to another has run, and what that
// brought for it was written. So it can be given away as one piece. Before the others go on, their
// plans learn where it lives now; whatever they send from then on goes there.
namespace gannet::server {
namespace {

// Of all that move at once: everybody waits meanwhile.
constexpr std::size_t kMaxSubscriptions = 1000;

// False if the kernel refuses to watch its socket there: then it stays.
bool moveSession(Session& session, Shard& from, Shard& to) {
  const int fd = session.transport->socket().fd();
  if (!to.loop.poller().watchStream(fd, session.watch)) return false;
  from.loop.poller().unwatch(fd);
  for (Subscription* const sub : session.subs) {
    session.account->account.interest.reassign(*sub, to.loop.id());
    from.forgetName(*sub);
    to.nameSubscription(*sub);
  }
  GANNET_ASSERT(!session.pause_timer.isArmed() && !session.write_timer.isArmed() &&
                !session.keepalive.auth_timer.isArmed() && !session.must_connect);
  GANNET_ASSERT(!session.is_dirty && session.outbox.isEmpty() && !session.transport->hasUnsent());
  to.adopt(from.release(session));
  session.moved = from.loop.now();
  session.outbox.moveTo(to.pool);
  to.loop.wheel().takeOver(session.keepalive.timer, from.loop.now());
  from.relay->post(to.loop.id(), [id = session.id](Shard& home) {
    // What its transport holds, no socket announces.
    if (Session* const arrived = home.find(id)) home.markReady(*arrived);
  });
  return true;
}

}  // namespace

bool isMovable(const Session& session) {
  return session.phase == Phase::open && session.got_connect &&
         session.check == PasswordCheck::none && !session.is_paused && !session.is_blocked &&
         !session.keepalive.is_due && !session.transport->hasUnsent() &&
         session.subs.size() <= kMaxSubscriptions;
}

std::size_t moveSessions(const MovePair& pair, std::span<const SessionId> movers) {
  std::size_t moved = 0;
  std::size_t subscriptions = 0;
  settle(pair.from);
  pair.from.relay->sendAll();
  pair.from.loop.haltOthers(Task([&] {
    settle(pair.from);
    // What the tasks run in the halt made this shard post to the others would reach who moves
    // again.
    if (pair.from.relay->hasUnsent()) return;
    for (const SessionId id : movers) {
      Session* const session = pair.from.find(id);
      if (session == nullptr || !isMovable(*session)) continue;
      if (subscriptions + session->subs.size() > kMaxSubscriptions) break;
      subscriptions += session->subs.size();
      if (moveSession(*session, pair.from, pair.to)) ++moved;
    }
  }));
  return moved;
}

}  // namespace gannet::server
