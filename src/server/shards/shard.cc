#include "server/shards/shard.h"

#include "base/assert.h"
#include "base/bytes/spare_buffers.h"
#include "base/machine/heap.h"
#include "server/delivery/output.h"
#include "server/delivery/subscribe.h"
#include "server/services/services.h"
#include "server/session/closed_connection.h"
#include "server/session/closing.h"
#include "server/session/greeting.h"
#include "server/session/input.h"
#include "server/session/keepalive.h"
#include "server/session/password_queue.h"
#include "server/shards/balance.h"
#include "server/shards/memory_pressure.h"
#include "server/shards/relay.h"
#include "server/shards/settings.h"
#include "server/shards/shared.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace gannet::server {
namespace {

// Bounds of one shard's plans: a plan with one receiver takes about 300 bytes.
constexpr std::size_t kMaxPlans = 65536;
constexpr std::size_t kMaxPlanBytes = std::size_t{64} * 1024 * 1024;

// Where the option says that nothing is remembered, a plan is made for each message whose subject
// is not that of the one before.
std::size_t maxPlans(const Settings& settings) {
  return settings.options.disable_sublist_cache ? 1 : kMaxPlans;
}

// How long a turn reads those that are behind, the reads before them included. What it causes is
// flushed, and what came meanwhile served, before they go on.
constexpr auto kReadTime = std::chrono::milliseconds(1);

// A read of those that are many: some ten microseconds of work.
constexpr std::size_t kSmallRead = std::size_t{16} * 1024;
constexpr std::size_t kFewWoken = 8;

// Smaller changes are not told to the budget: its counter is shared by all shards.
constexpr std::int64_t kReportStep = std::int64_t{64} * 1024;
constexpr auto kLargestInterval = std::chrono::milliseconds(10);
constexpr auto kReliefInterval = std::chrono::milliseconds(10);

// The heap is trimmed this long after this much was freed: seldom beside steady traffic.
constexpr std::size_t kTrimFrom = std::size_t{2} * 1024 * 1024;
constexpr std::size_t kSubscriptionBytes = 300;  // with its place in the trie
constexpr auto kTrimDelay = std::chrono::seconds(2);

// Spare buffers that nobody took for so long are freed.
constexpr auto kSpareDelay = std::chrono::seconds(1);

}  // namespace

Shard::Shard(net::EventLoop& own_loop, Shared& server, SettingsPtr initial)
    : loop(own_loop),
      shared(server),
      settings(std::move(initial)),
      rng(randomSeed()),
      accounts(server.accounts, {maxPlans(*settings), kMaxPlanBytes}),
      passwords(std::make_unique<PasswordQueue>()) {}

Shard::~Shard() {
  for (const auto& session : sessions_) {
    if (session != nullptr) unsubscribeAll(*this, *session);
  }
}

SessionId Shard::takeSlot() {
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<std::uint32_t>(sessions_.size()));
    sessions_.emplace_back();
    generations_.push_back(0);
  }
  const std::uint32_t slot = free_slots_.back();
  free_slots_.pop_back();
  ++live_sessions;
  return {loop.id(), slot, ++generations_[slot]};
}

Session& Shard::addSession(std::unique_ptr<net::Transport> transport) {
  const SessionId id = takeSlot();
  sessions_[id.slot] = std::make_unique<Session>(*this, id, std::move(transport));
  Session& session = *sessions_[id.slot];
  session.bind(accounts.at(account::kGlobalIndex), auth::everyones());
  session.max_payload = static_cast<std::uint32_t>(settings->options.max_payload);
  session.soft_limit = settings->softLimit();
  return session;
}

std::unique_ptr<Session> Shard::release(Session& session) {
  if (std::exchange(session.is_ready, false)) {
    std::erase(woken_, &session);
    std::erase(behind_, &session);
    std::erase(newcomers_, &session);
  }
  if (std::exchange(session.is_stalled, false)) std::erase(stalled_, &session);
  session.account->leave(*session.memo);
  const std::uint32_t slot = session.id.slot;
  free_slots_.push_back(slot);
  --live_sessions;
  return std::move(sessions_[slot]);
}

void Shard::adopt(std::unique_ptr<Session> session) {
  session->shard = this;
  session->id = takeSlot();
  session->account = &accounts.at(session->account->account.index);
  session->memo = &session->account->enter(*session->identity.permissions);
  sessions_[session->id.slot] = std::move(session);
}

Session* Shard::find(SessionId id) {
  if (id.slot >= sessions_.size() || generations_[id.slot] != id.generation) return nullptr;
  Session* const session = sessions_[id.slot].get();
  const bool is_gone =
      session == nullptr || session->phase == Phase::draining || session->phase == Phase::closed;
  return is_gone ? nullptr : session;
}

void Shard::markReady(Session& session) {
  if (session.is_ready) return;
  session.is_ready = true;
  if (session.newcomer_turns > 0) {
    newcomers_.push_back(&session);
  } else if (session.is_behind) {
    behind_.push_back(&session);
  } else {
    woken_.push_back(&session);
  }
}

void Shard::retire(Session& session) {
  retired_.push_back(&session);
}

void Shard::nameSubscription(Subscription& sub) {
  const auto name = subscriptions_.add(sub);
  sub.shard = loop.id();
  sub.id = {loop.id(), name.slot, name.generation};
}

Subscription* Shard::findSubscription(SubscriptionId id) const {
  if (id.shard == kEveryShard) {
    GANNET_ASSERT(shared.services != nullptr);
    return shared.services->find(id);
  }
  if (id.shard != loop.id()) return nullptr;
  return subscriptions_.find({id.slot, id.generation});
}

PaddedView Shard::renderLead(std::string_view subject) {
  lead_.clear();
  lead_.append("HMSG ");
  lead_.append(subject);
  lead_.append(" ");
  lead_.seal();
  return lead_.view();
}

PaddedView Shard::renderHead(std::string_view subject, std::string_view sid) {
  head_.clear();
  head_.append("HMSG ");
  head_.append(subject);
  head_.append(" ");
  head_.append(sid);
  head_.append(" ");
  head_.seal();
  return head_.view();
}

Buffer& Shard::readBuffer() {
  if (!read_buffer_ || !read_buffer_->isSole()) {
    read_buffer_ = BufferRef::adopt(Buffer::create(kReadSize + PaddedView::kSlack));
  }
  return *read_buffer_.get();
}

void Shard::addStalled(Session& session) {
  if (session.is_stalled) return;
  session.is_stalled = true;
  stalled_.push_back(&session);
}

void Shard::resumeStalled() {
  for (Session* const session : std::exchange(stalled_, {})) {
    session->is_stalled = false;
    if (session->pause_timer.isArmed())
      resume(*this, *session);  // else it waits for something else
  }
}

void Shard::serveReady() {
  serveWoken();
  serveBehind(loop.now() + kReadTime);
  serveNewcomers();
}

// One read of a session that is on no list of those to read any more.
void Shard::serve(Session& session, std::size_t limit) {
  session.is_ready = false;
  session.is_behind = serveInput(*this, session, limit);
  if (session.is_behind) markReady(session);
  watchMemory();
}

// Each is read once, so that a short message never waits for the streams of others. Where they are
// many, whoever has more to say than fits into a small read joins those that are behind.
void Shard::serveWoken() {
  serving_.swap(woken_);
  const std::size_t limit = serving_.size() > kFewWoken ? kSmallRead : kReadSize;
  for (Session* const session : serving_)
    serve(*session, limit);
  serving_.clear();
}

// In a circle, as long as the turn's time lasts.
void Shard::serveBehind(MonoTime end) {
  while (!behind_.empty()) {
    Session& session = *behind_.front();
    behind_.pop_front();
    serve(session, kReadSize);
    if (monoNow() >= end) return;
  }
}

// A crowd that arrives takes its turns between those of the others.
void Shard::serveNewcomers() {
  std::size_t guests = newcomers_.size();
  if (guests == 0) return;
  const MonoTime end = monoNow() + loop.sideTime();
  do {
    Session& session = *newcomers_.front();
    newcomers_.pop_front();
    const bool is_open = session.phase == Phase::open;
    if (is_open && session.newcomer_turns > 0) --session.newcomer_turns;
    serve(session, kReadSize);
  } while (--guests > 0 && monoNow() < end);
}

void Shard::deferPing(Session& session) {
  if (!std::exchange(session.keepalive.is_due, true)) pings_due_.push_back(session.id);
}

// Sent one by one: the writes to thousands whose pings share a tick would hold up the messages.
void Shard::sendDuePings() {
  if (pings_due_.empty()) return;
  const MonoTime end = monoNow() + loop.sideTime();
  do {
    Session* const session = find(pings_due_.front());
    pings_due_.pop_front();
    if (session == nullptr) continue;
    session->keepalive.is_due = false;
    pingOrClose(*this, *session);
    if (session->phase == Phase::open) flush(*this, *session);
  } while (!pings_due_.empty() && monoNow() < end);
}

void Shard::settle() {
  // Closing and flushing may each cause more of the other.
  while (!closing_.empty() || !dirty_.empty()) {
    for (Session* const session : std::exchange(closing_, {})) {
      recordClosed(*this, *session);
      unsubscribeAll(*this, *session);
    }
    flushing_.swap(dirty_);
    for (Session* const session : flushing_)
      flush(*this, *session);
    flushing_.clear();
  }
}

bool Shard::endTurn() {
  internal_calls.drain(*this);
  sendDuePings();
  settle();
  relay->sendAll();
  watchMemory();
  disconnectFinished();
  freeRetired();
  watchSpareBuffers();
  const bool has_moved = balance != nullptr && balance->look();
  // Relief of memory closes sessions behind settle(): their output and their interest wait too.
  return has_moved || !woken_.empty() || !behind_.empty() || !newcomers_.empty() ||
         !pings_due_.empty() || !finished_.empty() || !closing_.empty() || !dirty_.empty() ||
         relay->hasUnsent() || !internal_calls.isEmpty();
}

void Shard::disconnectFinished() {
  if (finished_.empty()) return;
  const MonoTime end = monoNow() + loop.sideTime();
  do {
    Session& session = *finished_.front();
    finished_.pop_front();
    disconnect(*this, session);
  } while (!finished_.empty() && monoNow() < end);
}

void Shard::reportMemory() {
  const auto held = static_cast<std::int64_t>(pool.bytesInUse() + accounts.bytes());
  if (std::abs(held - reported_) < kReportStep) return;
  shared.memory.report(held - reported_);
  reported_ = held;
}

// After every session's share of a turn: a turn can gather more than the budget.
void Shard::watchMemory() {
  reportMemory();
  if (!shared.memory.isFilling()) return;
  if (loop.now() - largest_published_ > kLargestInterval) {
    largest_published_ = loop.now();
    publishLargest(*this);
  }
  // Looking at every connection is dear: again only when more has come, or after a while.
  const std::int64_t held = shared.memory.held();
  if (held < relieve_from_ && loop.now() < relieve_at_) return;
  relieveMemoryPressure(*this);
  relieve_from_ = held + shared.memory.limit() / 64;
  relieve_at_ = loop.now() + kReliefInterval;
}

void Shard::noteFreed(std::size_t bytes) {
  freed_ += bytes;
  if (freed_ >= kTrimFrom && !trim_timer_.isArmed()) armTrim();
}

void Shard::armTrim() {
  loop.wheel().arm(
      trim_timer_, loop.now(), kTrimDelay, [](void* self) { static_cast<Shard*>(self)->trim(); },
      this);
}

void Shard::trim() {
  const bool was_much = std::exchange(freed_, 0) >= kTrimFrom;
  pool.trim();
  trimHeap();
  // Others who give back at the same time free what is of this heap: a second trim takes it in.
  if (was_much) armTrim();
}

// One shard watches the spare buffers for all.
void Shard::watchSpareBuffers() {
  if (spareBuffers().bytes() == 0 || shared.is_spare_watched.load(std::memory_order_relaxed))
    return;
  if (shared.is_spare_watched.exchange(true)) return;
  spare_taken_ = spareBuffers().taken();
  loop.wheel().arm(
      spare_timer_, loop.now(), kSpareDelay,
      [](void* self) { static_cast<Shard*>(self)->freeUnusedSpareBuffers(); }, this);
}

void Shard::freeUnusedSpareBuffers() {
  shared.is_spare_watched.store(false);
  if (spareBuffers().taken() != spare_taken_) return;  // the turn's end watches on
  spareBuffers().free();
  // They lay in the heap of whoever made them.
  noteFreed(kTrimFrom);
  relay->postToOthers([](Shard& other) { other.noteFreed(kTrimFrom); });
}

void Shard::freeRetired() {
  if (!retired_subs_.empty()) noteFreed(retired_subs_.size() * kSubscriptionBytes);
  retired_subs_.clear();
  for (Session* const session : std::exchange(retired_, {})) {
    if (session->is_ready || session->is_dirty) {
      retired_.push_back(session);  // a list still names it
      continue;
    }
    if (session->is_stalled) std::erase(stalled_, session);
    session->unbind();
    const std::uint32_t slot = session->id.slot;
    sessions_[slot].reset();
    noteFreed(sizeof(Session));
    free_slots_.push_back(slot);
    --live_sessions;
  }
}

}  // namespace gannet::server
