#include "server/session/password_queue.h"

#include "base/assert.h"
#include "server/delivery/closing.h"
#include "server/session/connect.h"
#include "server/state/crypto_threads.h"
#include "server/state/session.h"
#include "server/state/settings.h"
#include "server/state/shard.h"
#include "server/state/shared.h"

#include <optional>
#include <utility>

#include <poll.h>

namespace gannet::server {
namespace {

using protocol::CloseReason;

// A review is taken behind so many logins: who wants to come in has a deadline, who is in has none.
constexpr int kMostLogins = 8;

// True if all that the client sent behind its CONNECT is a PING, as libraries do.
bool asksNothingElse(const Session& session) {
  return !session.backlog.bytes || session.backlog.view() == "PING\r\n";
}

// Why nobody would miss the answer, if so. A client that only ended what it sends may still listen,
// as behind `printf … | nc -N`; but where others wait it is taken for one that has left.
std::optional<CloseReason> departureOf(const PasswordQueue& queue, Session& session) {
  pollfd state{session.transport->socket().fd(), POLLRDHUP, 0};
  if (::poll(&state, 1, 0) <= 0) return std::nullopt;
  if ((state.revents & POLLERR) != 0) return CloseReason::read_error;
  if ((state.revents & POLLHUP) != 0) return CloseReason::client_closed;
  if (queue.logins.empty() || !asksNothingElse(session)) return std::nullopt;
  return CloseReason::client_closed;
}

// The next session in line, or null; it leaves the queue.
Session* takeNext(Shard& shard) {
  PasswordQueue& queue = *shard.passwords;
  while (!queue.logins.empty() || !queue.reviews.empty()) {
    const bool is_reviews_turn = queue.logins_in_a_row >= kMostLogins && !queue.reviews.empty();
    const bool is_login = !queue.logins.empty() && !is_reviews_turn;
    auto& line = is_login ? queue.logins : queue.reviews;
    const PasswordQueue::Entry entry = line.front();
    line.pop_front();
    Session* const session = shard.find(entry.id);
    if (session == nullptr || session->check_number != entry.number) continue;
    if (is_login) {
      if (const auto reason = departureOf(queue, *session)) {
        close(shard, *session, *reason);
        continue;
      }
    }
    queue.logins_in_a_row = is_login ? queue.logins_in_a_row + 1 : 0;
    return session;
  }
  return nullptr;
}

void answer(Shard& shard, Session& session, PasswordAnswer answer) {
  const PasswordCheck check = std::exchange(session.check, PasswordCheck::none);
  onPasswordChecked(shard, session, check, answer);
}

void beginChecks(Shard& shard);

void takeAnswer(Shard& shard, PasswordQueue::Entry entry, const auth::Credentials& wanted,
                bool is_valid) {
  --shard.passwords->under_way;
  shard.shared.password_checks.fetch_sub(1, std::memory_order_relaxed);
  Session* const session = shard.find(entry.id);
  if (session != nullptr && session->check_number == entry.number) {
    const bool is_outdated = wantedCredentials(*shard.settings) != wanted;
    const auto judged = is_valid ? PasswordAnswer::valid : PasswordAnswer::invalid;
    answer(shard, *session, is_outdated ? PasswordAnswer::outdated : judged);
  }
  beginChecks(shard);
}

void beginCheck(Shard& shard, Session& session, const auth::Credentials& wanted) {
  ++shard.passwords->under_way;
  shard.shared.password_checks.fetch_add(1, std::memory_order_relaxed);
  shard.shared.passwords->submit(
      Task([home = &shard, entry = PasswordQueue::Entry{session.id, session.check_number}, wanted,
            shown = shownCredentials(session)] {
        const bool is_valid = auth::matches(wanted, shown);
        home->loop.postFromOutside(
            Task([home, entry, wanted, is_valid] { takeAnswer(*home, entry, wanted, is_valid); }));
      }));
}

bool mayBegin(const Shard& shard) {
  const auto under_way = shard.shared.password_checks.load(std::memory_order_relaxed);
  return shard.passwords->under_way == 0 || under_way < shard.shared.passwords->count();
}

// One check of each shard may wait for a thread, so that no shard is passed over.
void beginChecks(Shard& shard) {
  while (mayBegin(shard)) {
    Session* const session = takeNext(shard);
    if (session == nullptr) return;
    const auth::Credentials wanted = wantedCredentials(*shard.settings);
    if (auth::isSlow(wanted)) {
      beginCheck(shard, *session, wanted);
    } else {  // since a reload
      answer(shard, *session, PasswordAnswer::outdated);
    }
  }
}

}  // namespace

void queuePasswordCheck(Shard& shard, Session& session, PasswordCheck check) {
  GANNET_ASSERT(check != PasswordCheck::none);
  session.check = check;
  const PasswordQueue::Entry entry{session.id, ++session.check_number};
  auto& line = check == PasswordCheck::login ? shard.passwords->logins : shard.passwords->reviews;
  line.push_back(entry);
  beginChecks(shard);
}

auth::Credentials wantedCredentials(const Settings& settings) {
  const auto& authorization = settings.options.authorization;
  return {authorization.user, authorization.password, authorization.token};
}

auth::Credentials shownCredentials(const Session& session) {
  return {session.connect->user, session.connect->pass, session.connect->auth_token};
}

}  // namespace gannet::server
