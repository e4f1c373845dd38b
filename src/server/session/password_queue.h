#pragma once

#include "auth/simple_auth.h"
#include "server/message/subscription.h"

#include <cstddef>
#include <cstdint>
#include <deque>

namespace gannet::server {

enum class PasswordCheck : std::uint8_t;
struct Session;
struct Settings;
class Shard;

// The clients of one shard whose passwords wait to be checked on a thread of cryptography, because
// a bcrypt hash takes 50 ms and more by design.
//
// Names wait here, and a check begins when a thread is free: who has left by then, or had no more
// time, costs nothing, and what is compared are the rules and the password of that moment.
//
// Threads  Its shard's.
// Memory   A name for each session that waits. One that does no longer is dropped when it is met.
struct PasswordQueue {
  struct Entry {
    SessionId id;
    std::uint32_t number = 0;  // the session's `check_number`: of a later one, this means nothing
  };

  std::deque<Entry> logins;   // not read until the answer comes
  std::deque<Entry> reviews;  // let in by rules that a reload has replaced
  int logins_in_a_row = 0;
  std::size_t under_way = 0;
};

// What an answer is worth when it comes.
enum class PasswordAnswer : std::uint8_t {
  valid,
  invalid,
  outdated,  // a reload has changed what is asked for
};

// Puts a session in the queue, for a `check` that is not none; the session names it until
// onPasswordChecked() is called. What it waited for before is forgotten.
void queuePasswordCheck(Shard& shard, Session& session, PasswordCheck check);

// What the rules ask for, and what a client showed in its CONNECT.
[[nodiscard]] auth::Credentials wantedCredentials(const Settings& settings);
[[nodiscard]] auth::Credentials shownCredentials(const Session& session);

}  // namespace gannet::server
