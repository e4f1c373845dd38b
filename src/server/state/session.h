#pragma once

#include "auth/identity.h"
#include "base/bytes/buffer.h"
#include "base/clock.h"
#include "net/listener.h"
#include "net/outbox.h"
#include "net/poller.h"
#include "net/timer_wheel.h"
#include "net/transport.h"
#include "protocol/close_reason.h"
#include "protocol/connect.h"
#include "server/message/subscription.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace gannet::server {

struct AccountView;
class PublishMemo;
class Greeting;
class Shard;
struct LineLimits;

// Where a session stands between accept and the freeing of its memory.
enum class Phase : std::uint8_t {
  greeting,  // PROXY header, TLS: nothing of the protocol is read yet
  open,
  draining,  // closed for input; what was queued is still being written
  closed,    // waits for its socket to be closed, then is freed at the turn's end
};

// What a session waits for while another thread checks its password.
enum class PasswordCheck : std::uint8_t {
  none,
  login,   // it is not read meanwhile
  review,  // it is in, and goes on: a reload has changed what is asked for
};

// Received bytes of an operation that is not complete yet. Empty for an idle connection.
struct PartialInput {
  BufferRef bytes;
  std::size_t size = 0;
  std::size_t need = 0;       // bytes of the whole operation, once its control line is known
  bool line_checked = false;  // its control line was accepted

  [[nodiscard]] std::string_view view() const { return {bytes->data(), size}; }
};

// What one connection moved and when.
struct Traffic {
  std::uint64_t in_msgs = 0;
  std::uint64_t in_bytes = 0;
  std::uint64_t out_msgs = 0;
  std::uint64_t out_bytes = 0;
  std::uint64_t stalls = 0;
  std::uint64_t out_msgs_noted = 0;  // of out_msgs, in last_activity
  std::size_t pending_high = 0;      // the most bytes that ever waited for this receiver
  std::uint64_t reads = 0;           // from the socket
  std::uint64_t writes = 0;          // to it
  // Of this shard, to be compared and never read: who sent its latest message, and who got it.
  const Session* latest_sender = nullptr;
  const Session* latest_receiver = nullptr;
};

// A write that missed its deadline and goes on, as `write_timeout: retry` allows.
struct SlowWrite {
  MonoTime began;
  std::size_t chunks = 0;
  std::size_t bytes = 0;
};

// What keeps a connection alive, and when it is given up. Spec: client-protocol §11
struct Keepalive {
  net::Timer timer;  // until CONNECT where that is required: the auth timeout; then pings
  net::Timer auth_timer;
  int pings_out = 0;
  bool is_due = false;  // waits for its turn to be pinged
  MonoTime open_since;  // the protocol began, or a CONNECT was accepted
  MonoTime ping_sent;
  MonoTime last_input;  // message, SUB, UNSUB or PING
  MonoTime rtt_measured;
  std::chrono::nanoseconds rtt{0};
  bool first_ping_answered = false;  // the client got its first PONG and the INFO behind it
};

// One client connection: state without behaviour. What is done with it stands in input.h (what it
// sends), route.h and output.h (what it gets), connect.h, subscribe.h, keepalive.h, closing.h.
//
// Threads  Its shard's only. Others know it by its id.
// Layout   Aligned, so that no two shards write to one cache line when neighbours live apart.
struct alignas(64) Session {
  Session(Shard& owner, SessionId name, std::unique_ptr<net::Transport> stream);
  ~Session();

  // "ip:port - cid:7", then name and user once they are known: the start of its log lines.
  // Spec: config-and-cli §7.6
  [[nodiscard]] std::string label() const;

  // True if headers may be sent and received: both sides agreed.
  [[nodiscard]] bool headersEnabled() const {
    return got_connect && (flags & flags::kHeaderless) == 0;
  }

  // To be called when what takes_fast_path depends on has changed.
  void updatePlainness();

  // Makes it one of an account's, with what `set` lets it publish. Without subscriptions, unless it
  // stays in its account. That is of its shard; the set outlives the session.
  void bind(AccountView& to, const auth::PermissionSet& set);

  // Takes it out of its account: it is about to be freed.
  void unbind();

  // Logs protocol lines from now on, or no longer.
  void logProtocol(bool on);

  // Remembers the most bytes that waited, and the subject that made them so many.
  void noteHighWater(std::size_t bytes, std::string_view subject);

  Shard* shard;  // never null; with `id` and `account`, changes only in moveSessions()
  SessionId id;

  // What a delivery touches.
  std::uint8_t flags = 0;   // see namespace flags
  bool is_dirty = false;    // on the turn's list of sessions to flush
  bool is_blocked = false;  // waits for room in the socket
  Phase phase = Phase::greeting;
  std::size_t soft_limit = 0;  // pending bytes beyond which a delivery looks twice; 0 if blocked
  net::Outbox outbox;
  Traffic traffic;

  // What reading touches.
  bool is_ready = false;   // on a list of the sessions to read
  bool is_behind = false;  // its last read left more to read
  // How often it is still read in what the others leave of a turn: until its first PING, or this
  // often once it is open.
  std::uint8_t newcomer_turns = 4;
  bool is_paused = false;     // a stall or an authentication: not read
  bool is_stalled = false;    // on the shard's list of those to resume early
  bool must_connect = false;  // authentication is required and has not happened
  bool is_named = false;      // it was let in: its log lines begin with what it calls itself
  PasswordCheck check = PasswordCheck::none;
  std::uint32_t check_number = 0;  // of the latest check: answers to earlier ones mean nothing
  bool got_connect = false;
  bool logs_protocol = false;
  bool takes_fast_path = false;  // nothing is said, checked or logged beside a publish
  std::uint32_t max_payload = 0;
  std::chrono::nanoseconds stall_due{0};  // earned in the current read batch
  MonoTime throttled_until{};             // a receiver on another shard is behind until then
  std::optional<ShardId> awaited_shard;   // routes what it was handed before this is read again
  AccountView* account = nullptr;         // never null but between its making and bind()
  PublishMemo* memo = nullptr;            // in `account`, of its permissions
  PartialInput partial;
  PartialInput backlog;  // received but not parsed, because of a pause
  SubscriptionSet subs;

  net::Watch watch;
  std::unique_ptr<net::Transport> transport;
  std::unique_ptr<Greeting> greeting;       // until the protocol begins
  const protocol::ConnectOptions* connect;  // never null: the defaults until CONNECT
  std::unique_ptr<protocol::ConnectOptions> own_connect;
  protocol::CloseReason reason = protocol::CloseReason::client_closed;
  std::uint64_t cid = 0;
  bool counted = false;  // among the server's connections
  bool is_tls = false;
  bool tls_first = false;
  bool is_proxied = false;  // a PROXY header may still change the peer's address
  net::PeerAddress peer;
  std::string worst_subject;  // of the message that found the most bytes waiting
  auth::Identity identity;
  WallTime started;
  MonoTime started_mono;
  MonoTime last_activity;      // the turn of the latest message, SUB or UNSUB
  MonoTime moved;              // here from another shard
  std::uint32_t observed = 0;  // the latest observation of the balance that has noted it
  Keepalive keepalive;
  net::Timer pause_timer;
  net::Timer write_timer;
  std::size_t pending_at_close = 0;         // what a close dropped
  std::size_t deadline_bytes = 0;           // still to be written before write_timer fires
  bool has_written = false;                 // some of them have left since the timer was armed
  std::unique_ptr<SlowWrite> slow_write;    // a write past its deadline that may go on
  std::unique_ptr<LineLimits> line_limits;  // from its first repeated line on
};

}  // namespace gannet::server
