#pragma once

#include "base/rng.h"
#include "base/slot_table.h"
#include "net/chunk_pool.h"
#include "net/event_loop.h"
#include "server/state/account_view.h"
#include "server/state/internal.h"
#include "server/state/session.h"
#include "server/state/settings.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

namespace gannet::server {

class RelayOut;
struct PasswordQueue;
struct ConnectionFacts;
struct Shared;

// A connection that is active, and what it had done before.
struct ActiveSession {
  SessionId id;
  Traffic before;
};

// What one shard counted. Plain numbers: folded together when somebody asks.
struct Counters {
  std::uint64_t in_msgs = 0;
  std::uint64_t in_bytes = 0;
  std::uint64_t out_msgs = 0;
  std::uint64_t out_bytes = 0;
  std::uint64_t slow_consumers = 0;
  std::uint64_t stale_connections = 0;
  std::uint64_t stalls = 0;
};

// The sessions that a turn, this one or a later one, has something to do for.
struct TurnLists {
  std::vector<Session*> woken;      // to read: their sockets became readable, or a pause ended
  std::deque<Session*> behind;      // to read: the last read left more
  std::deque<Session*> newcomers;   // to read: they are new here
  std::deque<SessionId> pings_due;  // to be pinged
  std::vector<Session*> dirty;      // to flush
  std::vector<Session*> flushing;   // being flushed: kept for its memory
  std::vector<Session*> closing;    // whose interest and record are to be taken care of
  std::deque<Session*> finished;    // to disconnect
  std::vector<Session*> stalled;    // publishers that wait for a receiver to drain
};

// The server's state on one shard: its sessions, its plans, its counters and the lists of the
// current turn.
//
// Threads  Its shard's, but for the constructor and what says otherwise.
class Shard {
 public:
  Shard(net::EventLoop& own_loop, Shared& shared, SettingsPtr settings);
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;
  ~Shard();

  // Makes a session in a free slot. The shard owns it.
  Session& addSession(std::unique_ptr<net::Transport> transport);

  // Gives away a session that isMovable(), and takes in another shard's, under a new name. For
  // moveSessions().
  [[nodiscard]] std::unique_ptr<Session> release(Session& session);
  void adopt(std::unique_ptr<Session> session);

  // The session with that name, or null if it is gone, closing, or on another shard by now.
  [[nodiscard]] Session* find(SessionId id);

  // Puts a session on a list of those to read, in this turn or a later one.
  void markReady(Session& session);

  // Puts a session on the list of those that pingOrClose() is called for, a few in each turn.
  // Nothing happens if it is there.
  void deferPing(Session& session);

  // Puts a session on the list of those to flush at the turn's end.
  void markDirty(Session& session) {
    if (session.is_dirty) return;
    session.is_dirty = true;
    todo.dirty.push_back(&session);
  }

  // Puts a session on the list of those whose interest and record are taken care of at the turn's
  // end: plans of this turn may still name it.
  void markClosing(Session& session) { todo.closing.push_back(&session); }

  // Puts a closed session on the list of those to disconnect, a few a turn: when thousands leave at
  // once, the others go on.
  void markFinished(Session& session) { todo.finished.push_back(&session); }

  // Puts a publisher on the list of those to resume when a receiver drains.
  void addStalled(Session& session);

  // Tells that about `bytes` were or are about to be freed. Much of it is given back to the system
  // after a while.
  void noteFreed(std::size_t bytes);

  // Frees a session at the turn's end, once no operation names it any more.
  void retire(Session& session);
  void freeRetired();

  // Remembers what the session had done until now. While `is_observed`, before it is served.
  void noteActive(Session& session);

  // Gives a subscription of this shard its home and its name, before it is inserted.
  void nameSubscription(Subscription& sub);

  // Takes the name of a subscription that was never inserted.
  void forgetName(Subscription& sub) { subscriptions_.remove({sub.id.slot, sub.id.generation}); }

  // The subscription of that name on this shard or on every shard; null if it has ended, or lives
  // elsewhere.
  [[nodiscard]] Subscription* findSubscription(SubscriptionId id) const;

  // Takes a subscription's name, and frees it at the turn's end: plans of this turn may still point
  // to it.
  void retire(Subscription& sub) {
    forgetName(sub);
    retired_subs_.emplace_back(&sub);
  }

  // "HMSG subject ", and "HMSG subject sid ". Each is valid until it is asked for again.
  [[nodiscard]] PaddedView renderLead(std::string_view subject);
  [[nodiscard]] PaddedView renderHead(std::string_view subject, std::string_view sid);

  // The shard's read buffer, which is padded. Nobody else refers to it.
  Buffer& readBuffer();

  // Tells the memory budget what this shard holds in chunks and plans.
  void reportMemory();

  template <class F>
  void forEachSession(F&& f) {
    for (const auto& session : sessions_) {
      if (session != nullptr && session->phase != Phase::closed) f(*session);
    }
  }

  // With its slack and its header a read buffer is one block of 128 KiB: the allocator takes half
  // as much again for a block that is one byte longer.
  static constexpr std::size_t kReadSize =
      std::size_t{128} * 1024 - PaddedView::kSlack - sizeof(Buffer);

  // The heap is trimmed a while after this much was freed: seldom beside steady traffic.
  static constexpr std::size_t kTrimFrom = std::size_t{2} * 1024 * 1024;

  net::EventLoop& loop;
  Shared& shared;
  SettingsPtr settings;
  net::ChunkPool pool;
  Rng rng;
  Counters counters;
  AccountViews accounts;
  RelayOut* relay = nullptr;           // its own; never null once it runs
  PasswordQueue* passwords = nullptr;  // its own; never null once it runs
  TurnLists todo;
  Gathered gathered;     // by the route under way
  subject::Match match;  // of its own question to the interest
  InternalCalls internal_calls;
  PaddedText line_end;                 // of the message under way, where its line must be written
  std::deque<ConnectionFacts> closed;  // the latest, for monitoring
  bool logs_protocol = false;          // protocol lines are logged
  bool is_stopping = false;            // nothing more is read
  bool is_observed = false;            // the balance wants to know who is active
  std::uint32_t observation = 0;       // its number
  std::vector<ActiveSession> observed;
  std::size_t live_sessions = 0;
  net::Timer throttle_timer;  // armed while refused TLS handshakes wait to be logged

 private:
  SessionId takeSlot();
  void armTrim();
  void trim();

  std::vector<std::unique_ptr<Session>> sessions_;  // by slot
  std::vector<std::uint32_t> generations_;          // by slot
  std::vector<std::uint32_t> free_slots_;
  std::vector<Session*> retired_;
  SlotTable<Subscription> subscriptions_;
  std::vector<std::unique_ptr<Subscription>> retired_subs_;
  PaddedText lead_;
  PaddedText head_;
  BufferRef read_buffer_;
  std::int64_t reported_ = 0;  // bytes, to the memory budget
  std::size_t freed_ = 0;      // bytes, since the heap was trimmed
  net::Timer trim_timer_;
};

}  // namespace gannet::server
