#include "server/state/shard.h"

#include "base/assert.h"
#include "base/machine/heap.h"
#include "server/state/connection_facts.h"
#include "server/state/settings.h"
#include "server/state/shared.h"

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

// Smaller changes are not told to the budget: its counter is shared by all shards.
constexpr std::int64_t kReportStep = std::int64_t{64} * 1024;

constexpr std::size_t kSubscriptionBytes = 300;  // with its place in the trie
constexpr auto kTrimDelay = std::chrono::seconds(2);

}  // namespace

Shard::Shard(net::EventLoop& own_loop, Shared& server, SettingsPtr initial)
    : loop(own_loop),
      shared(server),
      settings(std::move(initial)),
      rng(randomSeed()),
      accounts(server.accounts, {maxPlans(*settings), kMaxPlanBytes}) {}

Shard::~Shard() {
  for (const auto& session : sessions_) {
    if (session == nullptr) continue;
    for (Subscription* const sub : session->subs) {
      session->account->account.interest.erase(*sub);
      retire(*sub);
    }
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
    std::erase(todo.woken, &session);
    std::erase(todo.behind, &session);
    std::erase(todo.newcomers, &session);
  }
  if (std::exchange(session.is_stalled, false)) std::erase(todo.stalled, &session);
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
    todo.newcomers.push_back(&session);
  } else if (session.is_behind) {
    todo.behind.push_back(&session);
  } else {
    todo.woken.push_back(&session);
  }
}

void Shard::retire(Session& session) {
  retired_.push_back(&session);
}

void Shard::noteActive(Session& session) {
  if (std::exchange(session.observed, observation) == observation) return;
  observed.push_back({session.id, session.traffic});
}

void Shard::nameSubscription(Subscription& sub) {
  const auto name = subscriptions_.add(sub);
  sub.shard = loop.id();
  sub.id = {loop.id(), name.slot, name.generation};
}

Subscription* Shard::findSubscription(SubscriptionId id) const {
  if (id.shard == kEveryShard) {
    return id.slot < shared.everywhere.size() ? shared.everywhere[id.slot].get() : nullptr;
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
  todo.stalled.push_back(&session);
}

void Shard::deferPing(Session& session) {
  if (!std::exchange(session.keepalive.is_due, true)) todo.pings_due.push_back(session.id);
}

void Shard::reportMemory() {
  const auto held = static_cast<std::int64_t>(pool.bytesInUse() + accounts.bytes());
  if (std::abs(held - reported_) < kReportStep) return;
  shared.memory.report(held - reported_);
  reported_ = held;
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

void Shard::freeRetired() {
  if (!retired_subs_.empty()) noteFreed(retired_subs_.size() * kSubscriptionBytes);
  retired_subs_.clear();
  for (Session* const session : std::exchange(retired_, {})) {
    if (session->is_ready || session->is_dirty) {
      retired_.push_back(session);  // a list still names it
      continue;
    }
    if (session->is_stalled) std::erase(todo.stalled, session);
    session->unbind();
    const std::uint32_t slot = session->id.slot;
    sessions_[slot].reset();
    noteFreed(sizeof(Session));
    free_slots_.push_back(slot);
    --live_sessions;
  }
}

}  // namespace gannet::server
