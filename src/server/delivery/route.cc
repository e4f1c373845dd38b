#include "server/delivery/route.h"

#include "base/assert.h"
#include "protocol/redact.h"
#include "server/delivery/output.h"
#include "server/delivery/relay.h"
#include "server/delivery/subscribe.h"
#include "server/message/link.h"
#include "server/message/plan.h"
#include "server/state/internal.h"
#include "server/state/protocol_log.h"
#include "server/state/session.h"
#include "server/state/session_log.h"
#include "server/state/shard.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

// For a client the straight path reserves room in its outbox, copies the line's start (rendered
// once, in the plan), its end (rendered once, per message) and the payload, and puts the client on
// the turn's flush list. It allocates nothing, takes no lock and calls nothing virtual. Whatever is
// not always needed hides behind one test of `flags` and one comparison of pending bytes.
// Everything rare hangs behind one pointer of the plan.
//
// A message that receivers see under another subject than the plan's is written in two pieces: its
// own "HMSG subject ", and the receiver's sid. That is chosen once a message, outside the loop.
namespace gannet::server {
namespace {

// Payloads from this size on leave by reference: two more entries of a writev cost less than the
// copy. Measured with 128 B to 64 KiB payloads; the two lines cross between 1 and 4 KiB.
constexpr std::size_t kShareFrom = 2048;
constexpr std::size_t kMaxHead = 8192;  // longer ones are no case to be fast in
constexpr std::size_t kCopySlack = 32;

// So many members of a large group are asked in turn: one that takes nothing is rare.
constexpr std::uint32_t kMaxTries = 10'000;

// A member may leave while a message is on its way to it, and the next one too: often enough.
constexpr std::uint8_t kMaxHops = 16;

// Copies in strides of 32 bytes and may write and read up to 31 bytes too far: both sides have
// that slack. Short texts then cost one or two vector moves instead of a call.
[[gnu::always_inline]] inline char* copyWithSlack(char* to, PaddedView from) {
  constexpr std::size_t kStride = 32;
  constexpr std::size_t kLong = 512;  // from here on memcpy is faster
  static_assert(kCopySlack >= kStride && PaddedView::kSlack >= kStride);
  if (from.size() >= kLong) {
    std::memcpy(to, from.data(), from.size());
  } else {
    for (std::size_t at = 0; at < from.size(); at += kStride)
      std::memcpy(to + at, from.data() + at, kStride);
  }
  return to + from.size();
}

// Nobody watches: nothing of this is left in the code.
struct Unobserved {
  static constexpr bool kObserves = false;

  [[nodiscard]] static constexpr bool delivers() { return true; }

  static constexpr void note(const Subscription& /*sub*/, Outcome /*outcome*/) {}

  static constexpr void noteInternal(const Subscription& /*sub*/) {}
};

struct Observed {
  static constexpr bool kObserves = true;

  [[nodiscard]] bool delivers() const { return by.delivers(); }

  void note(const Subscription& sub, Outcome outcome) const { by.note(sub, outcome); }

  void noteInternal(const Subscription& sub) const { by.noteInternal(sub); }

  RouteObserver& by;
};

// One message at one plan.
template <class Observer>
class Route {
 public:
  Route(Shard& shard, const Plan& plan, const Publication& message, Observer observer)
      : shard_(shard),
        plan_(plan),
        message_(message),
        observer_(observer),
        first_(message.tail),
        second_(message.body),
        size_(message.tail.size() + message.body.size()) {
    GANNET_ASSERT(message.account != nullptr);
    GANNET_ASSERT(message.body.size() >= 2 && message.body.size() - 2 >= message.header_size);
    if (message.isContiguous()) {
      first_ = PaddedView::within({message.tail.data(), size_});
      second_ = {};
    }
    const bool is_shared = message.owner != nullptr && message.body.size() >= kShareFrom;
    is_copied_ = !is_shared && kMaxHead + size_ + kCopySlack <= net::Outbox::kMaxReserve;
    // The line's start is the plan's own, unless receivers see another subject than that.
    if (!message.shown_as.empty() || plan.lead_size == 0) lead_ = shard.renderLead(message.shown());
  }

  ~Route() {
    shard_.counters.out_msgs += clients_;
    shard_.counters.out_bytes += clients_ * message_.size();
  }

  Route(const Route&) = delete;
  Route& operator=(const Route&) = delete;

  // From its source to everyone.
  Routed toAll() {
    toClients();
    if (plan_.rest != nullptr) toRest();
    return routed_;
  }

  // What another shard handed over: to the receivers here that are in no group, if it says so, and
  // for each of its picks to that member or to one that takes its place.
  Routed toHere(const Handover& handover) {
    if (handover.includes_plain) toClients();
    for (const Pick& pick : handover.picks)
      toPicked(pick);
    handOver({}, static_cast<std::uint8_t>(message_.hops + 1));
    if (handover.includes_plain && plan_.rest != nullptr) {
      gatherLinks();
      // Those of every shard were called where the message was published.
      for (const SubscriptionId id : plan_.rest->internals) {
        if (id.shard != kEveryShard) gatherInternal(id);
      }
    }
    callGathered();
    return routed_;
  }

 private:
  enum class Pieces : std::uint8_t { one, two };

  [[gnu::always_inline]] void toClients() {
    if (!lead_.empty()) [[unlikely]]
      return toClientsInTwoPieces();
    for (const ClientTarget& target : plan_.clients)
      toClient<Pieces::one>(*target.to, plan_.head(target));
  }

  [[gnu::noinline]] void toClientsInTwoPieces() {
    for (const ClientTarget& target : plan_.clients)
      toClient<Pieces::two>(*target.to, sidOf(target));
  }

  [[gnu::noinline]] void toRest() {
    const PlanRest& rest = *plan_.rest;
    for (const Group& group : rest.groups)
      toGroup(group, shard_.rng.below(static_cast<std::uint32_t>(group.members.size())));
    handOver(rest.shards, 0);
    gatherLinks();
    for (const SubscriptionId id : rest.internals)
      gatherInternal(id);
    callGathered();
  }

  [[nodiscard]] PaddedView sidOf(const ClientTarget& target) const {
    return plan_.head(target).substr(plan_.lead_size);
  }

  // ---- clients

  // `head` is the start of the line, or of Pieces::two what stands behind the lead.
  template <Pieces How>
  [[gnu::always_inline]] bool toClient(Subscription& sub, PaddedView head) {
    Session& session = *sub.session;
    const bool is_flagged = ((sub.flags | session.flags) & message_.flag_mask) != 0;
    const std::size_t size = lead_.size() + head.size() + size_;
    if (is_flagged || session.outbox.pending() + size > session.soft_limit || Observer::kObserves)
        [[unlikely]] {
      return toFlagged<How>(sub, head);
    }
    write<How>(session, head);
    count(sub, session);
    return true;
  }

  template <Pieces How>
  void write(Session& session, PaddedView head) {
    PaddedView start = How == Pieces::one ? head : lead_;
    if (message_.header_size == 0) start.removePrefix(1);  // "HMSG" becomes "MSG"
    const PaddedView sid = How == Pieces::one ? PaddedView() : head;
    const std::size_t size = start.size() + sid.size();
    shard_.markDirty(session);
    if (!is_copied_ || size > kMaxHead) return writeLarge(session, start, sid);
    char* at = session.outbox.reserve(size + size_ + kCopySlack);
    at = copyWithSlack(at, start);
    if constexpr (How == Pieces::two) at = copyWithSlack(at, sid);
    at = copyWithSlack(at, first_);
    if (!second_.empty()) at = copyWithSlack(at, second_);
    session.outbox.commit(at);
  }

  // What does not fit into one chunk, or is better referred to than copied.
  [[gnu::noinline]] void writeLarge(Session& session, PaddedView start, PaddedView sid) {
    net::Outbox& outbox = session.outbox;
    outbox.append(start.view());
    outbox.append(sid.view());
    if (!second_.empty()) outbox.append(first_.view());
    const std::string_view last = second_.empty() ? first_.view() : second_.view();
    // A receiver that waits anyway must not keep a whole read buffer alive for a small part of it.
    const bool may_share = message_.owner != nullptr && last.size() >= kShareFrom;
    const bool wastes =
        may_share && session.is_blocked && net::Outbox::isSmallPart(*message_.owner, last);
    if (may_share && !wastes) {
      outbox.appendShared(*message_.owner, last);
    } else {
      outbox.append(last);
    }
  }

  void count(Subscription& sub, Session& session) {
    ++sub.delivered;
    ++session.traffic.out_msgs;
    session.traffic.out_bytes += message_.size();
    session.traffic.latest_sender = message_.from;
    ++clients_;
    ++routed_.delivered;
  }

  // Everything that the straight path left out.
  template <Pieces How>
  [[gnu::noinline]] bool toFlagged(Subscription& sub, PaddedView head) {
    Session& session = *sub.session;
    Outcome outcome = obstacle(sub, session);
    const std::size_t size = lead_.size() + head.size() + size_;
    if (outcome == Outcome::delivered && observer_.delivers()) {
      if (!hasRoom(shard_, session, message_, size)) outcome = Outcome::no_room;
    }
    observer_.note(sub, outcome);
    if (outcome != Outcome::delivered) return false;
    if (!observer_.delivers()) return true;
    if ((session.flags & flags::kHeaderless) != 0 && message_.header_size > 0) {
      writeStripped(session, head);
    } else {
      write<How>(session, head);
    }
    if (session.logs_protocol) logDelivery(session, sub, message_);
    count(sub, session);  // all of it, stripped or not
    endIfExhausted(sub);
    return true;
  }

  [[nodiscard]] Outcome obstacle(const Subscription& sub, const Session& session) const {
    if ((session.flags & flags::kClosing) != 0) return Outcome::client_closed;
    if ((sub.flags & flags::kClosing) != 0) return Outcome::subscription_closed;
    const bool is_own = message_.from_id == session.id;
    if (is_own && (session.flags & flags::kNoEcho) != 0) return Outcome::own_message;
    const bool is_counted = (sub.flags & flags::kCounted) != 0;
    if (is_counted && sub.delivered >= sub.max) return Outcome::exhausted;
    return Outcome::delivered;
  }

  void endIfExhausted(Subscription& sub) {
    if ((sub.flags & flags::kCounted) == 0 || sub.delivered < sub.max) return;
    logOf(*sub.session, log::Level::debug, "Auto-unsubscribe limit of {} reached for sid '{}'",
          sub.max, protocol::redact(sub.sid));
    unsubscribe(shard_, sub);
  }

  // For receivers without header support: the payload alone, as a MSG.
  void writeStripped(Session& session, PaddedView head) {
    PaddedView start = lead_.empty() ? head : lead_;
    start.removePrefix(1);
    const std::string_view payload = message_.body.view().substr(message_.header_size);
    const bool has_reply = !message_.reply.empty();
    session.outbox.append(start.view());
    if (!lead_.empty()) session.outbox.append(head.view());
    session.outbox.append(
        fmt::format("{}{}{}\r\n", message_.reply, has_reply ? " " : "", payload.size() - 2));
    session.outbox.append(payload);
    shard_.markDirty(session);
  }

  // ---- groups

  // Offers the message to the members of a group from `first` on, in a circle, until one takes it.
  // A member on another shard is taken at its word: the message goes there for it.
  // Spec: client-protocol §9.2
  bool toGroup(const Group& group, std::uint32_t first) {
    if (group.members.empty()) return toLargeGroup(plan_.nameOf(group));
    const auto count = static_cast<std::uint32_t>(group.members.size());
    GANNET_ASSERT(first < count);
    std::uint32_t at = first;
    for (std::uint32_t tried = 0; tried < count; ++tried) {
      const Member& member = group.members[at];
      if (toMember(member, plan_.nameOf(group))) return true;
      if (++at == count) at = 0;
    }
    return false;
  }

  // The same where the members stand in the interest alone. They may come and go meanwhile.
  [[gnu::noinline]] bool toLargeGroup(std::string_view queue) {
    const subject::Interest& interest = message_.account->account.interest;
    const std::uint32_t first = shard_.rng.below(~0U);
    for (std::uint32_t tried = 0; tried < kMaxTries; ++tried) {
      Member member;
      const auto take = [&member](const subject::Receiver& found) {
        member.id = static_cast<const Subscription&>(found).id;
      };
      if (!interest.withMember(message_.subject, queue, first + tried, shard_.match, take)) break;
      if (toMember(member, queue)) return true;
    }
    return false;
  }

  bool toMember(const Member& member, std::string_view queue) {
    if (member.client.to != nullptr) {
      return lead_.empty() ? toClient<Pieces::one>(*member.client.to, plan_.head(member.client))
                           : toClient<Pieces::two>(*member.client.to, sidOf(member.client));
    }
    if (isHere(member.id)) {
      Subscription* const sub = shard_.findSubscription(member.id);
      return sub != nullptr && toNamed(*sub, queue);
    }
    shard_.gathered.picks.push_back({member.id, queue});
    return true;
  }

  [[nodiscard]] bool isHere(SubscriptionId id) const {
    return id.shard == shard_.loop.id() || id.shard == kEveryShard;
  }

  // The member that another shard has picked. If it is gone, or takes nothing any more, another one
  // takes its place: one of this shard before those of others.
  void toPicked(const Pick& pick) {
    Subscription* const chosen = shard_.findSubscription(pick.id);
    if (chosen != nullptr && toNamed(*chosen, pick.queue)) return;
    if (plan_.rest == nullptr || message_.hops >= kMaxHops) return;
    const auto& groups = plan_.rest->groups;
    const auto group = std::find_if(groups.begin(), groups.end(), [&](const Group& each) {
      return plan_.nameOf(each) == pick.queue;
    });
    if (group == groups.end()) return;
    const auto& members = group->members;
    const auto stand_in = std::find_if(members.begin(), members.end(),
                                       [this](const Member& member) { return isHere(member.id); });
    const auto first = stand_in == members.end() ? 0 : stand_in - members.begin();
    toGroup(*group, static_cast<std::uint32_t>(first));
  }

  // A member that the plan has no rendered line for.
  bool toNamed(Subscription& sub, std::string_view queue) {
    if (sub.isInternal()) return gatherInternal(sub.id);
    if (sub.link != nullptr) {
      shard_.gathered.carry(*sub.link, queue);
      return true;
    }
    const PaddedView lead = std::exchange(lead_, PaddedView());
    const bool is_taken = toClient<Pieces::one>(sub, shard_.renderHead(message_.shown(), sub.sid));
    lead_ = lead;
    return is_taken;
  }

  // ---- other shards

  // Hands the message to `shards`, and to those of the members picked elsewhere: once to each.
  void handOver(std::span<const ShardId> shards, std::uint8_t hops) {
    auto& picks = shard_.gathered.picks;
    if (shards.empty() && picks.empty()) return;
    std::sort(picks.begin(), picks.end(),
              [](const Pick& a, const Pick& b) { return a.id.shard < b.id.shard; });
    Publication handed = message_;
    handed.hops = hops;
    routed_.asked = countShards(shards, picks);
    handed.ask = routed_.delivered > 0 ? Ask{} : shard_.relay->askFor(message_, routed_.asked);
    for (const ShardId shard : shards)
      hand(shard, handed, {true, picksOf(shard, picks)});
    for (auto at = picks.begin(); at != picks.end();) {
      const ShardId shard = at->id.shard;
      const auto group = picksOf(shard, picks);
      if (std::find(shards.begin(), shards.end(), shard) == shards.end()) {
        hand(shard, handed, {false, group});
      }
      at += std::ssize(group);
    }
    picks.clear();
  }

  void hand(ShardId shard, const Publication& message, const Handover& handover) {
    GANNET_ASSERT(shard != shard_.loop.id());
    if constexpr (Observer::kObserves) {
      observer_.by.handOver(shard, handover);
    } else {
      shard_.relay->hand(shard, message, handover);
    }
  }

  [[nodiscard]] static std::span<const Pick> picksOf(ShardId shard,
                                                     const std::vector<Pick>& sorted) {
    const auto is_before = [](const Pick& pick, ShardId id) { return pick.id.shard < id; };
    const auto first = std::lower_bound(sorted.begin(), sorted.end(), shard, is_before);
    const auto last = std::find_if(first, sorted.end(),
                                   [shard](const Pick& pick) { return pick.id.shard != shard; });
    return {first, last};
  }

  [[nodiscard]] static std::uint32_t countShards(std::span<const ShardId> shards,
                                                 const std::vector<Pick>& sorted) {
    std::size_t count = shards.size();
    for (auto at = sorted.begin(); at != sorted.end();
         at += std::ssize(picksOf(at->id.shard, sorted)))
      count += std::find(shards.begin(), shards.end(), at->id.shard) == shards.end() ? 1 : 0;
    return static_cast<std::uint32_t>(count);
  }

  // ---- links and internal receivers

  void gatherLinks() {
    for (Link* const link : plan_.rest->links)
      shard_.gathered.carry(*link, {});
  }

  bool gatherInternal(SubscriptionId id) {
    const Subscription* const sub = shard_.findSubscription(id);
    if (sub == nullptr) return false;
    observer_.noteInternal(*sub);
    ++routed_.delivered;
    if (observer_.delivers()) shard_.gathered.internals.push_back(id);
    return true;
  }

  // Last, because what is called may publish, and so replace this very plan.
  void callGathered() {
    auto& [picks, carries, internals] = shard_.gathered;
    GANNET_ASSERT(picks.empty());
    for (const auto& [link, queues] : carries) {
      if (observer_.delivers()) link->carry(message_, queues);
      ++routed_.delivered;
    }
    carries.clear();
    if (internals.empty()) return;
    shard_.internal_calls.call(shard_, std::exchange(internals, {}), message_);
  }

  Shard& shard_;
  const Plan& plan_;
  const Publication& message_;
  [[no_unique_address]] Observer observer_;
  PaddedView lead_;    // "HMSG subject " of this message alone; empty: the plan's lines have it
  PaddedView first_;   // tail, or tail and body
  PaddedView second_;  // body, if it lies elsewhere
  std::size_t size_;
  bool is_copied_ = false;  // in one piece, and not referred to
  Routed routed_;
  std::uint32_t clients_ = 0;  // of routed_.delivered
};

}  // namespace

Routed route(Shard& shard, const Plan& plan, const Publication& message) {
  return Route<Unobserved>(shard, plan, message, {}).toAll();
}

Routed routeHere(Shard& shard, const Plan& plan, const Publication& message,
                 const Handover& handover) {
  return Route<Unobserved>(shard, plan, message, {}).toHere(handover);
}

Routed routeObserved(Shard& shard, const Plan& plan, const Publication& message,
                     RouteObserver& observer) {
  return Route<Observed>(shard, plan, message, {observer}).toAll();
}

Routed routeHereObserved(Shard& shard, const Plan& plan, const Publication& message,
                         const Handover& handover, RouteObserver& observer) {
  return Route<Observed>(shard, plan, message, {observer}).toHere(handover);
}

}  // namespace gannet::server
