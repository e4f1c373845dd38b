#include "server/delivery/delivery.h"

#include "base/log.h"
#include "server/delivery/output.h"
#include "server/delivery/subscribe.h"
#include "server/session/session.h"
#include "server/session/trace_log.h"
#include "server/shards/relay.h"
#include "server/shards/worker.h"

#include <algorithm>
#include <cstring>

// The straight path: for each receiver reserve room in its outbox, copy the line's start (rendered
// once, in the plan), its end (rendered once, per message) and the payload, and put the receiver on
// the turn's flush list. It allocates nothing, takes no lock and calls nothing virtual. Whatever is
// not always needed hides behind one test of `special` bits and one comparison of pending bytes.
namespace gannet::server {
namespace {

// Payloads from this size on leave by reference: two more entries of a writev cost less than the
// copy. Measured with 128 B to 64 KiB payloads; the two lines cross between 1 and 4 KiB.
constexpr std::size_t kShareFrom = 2048;
constexpr std::size_t kMaxHead = 8192;  // longer ones are no case to be fast in

// Copies in strides of 32 bytes and may write and read up to 31 bytes too far: both sides have
// that slack. Short texts then cost one or two vector moves instead of a call.
char* copyWithSlack(char* to, std::string_view from) {
  constexpr std::size_t kStride = 32;
  constexpr std::size_t kLong = 512;  // from here on memcpy is faster
  if (from.size() >= kLong) {
    std::memcpy(to, from.data(), from.size());
  } else {
    for (std::size_t at = 0; at < from.size(); at += kStride) {
      std::memcpy(to + at, from.data() + at, kStride);
    }
  }
  return to + from.size();
}

constexpr std::size_t kCopySlack = 32;

// How a message looks for a member of a queue group.
struct Offer {
  const Message& message;
  std::uint32_t first;
  std::uint8_t hops;
};

// A member may leave while a message is on its way to it, and the next one too: often enough.
constexpr std::uint8_t kMaxHops = 16;

class Delivery {
 public:
  Delivery(Worker& worker, const Plan& plan, const Message& message)
      : worker_(worker),
        plan_(plan),
        message_(message),
        first_(message.tail),
        second_(message.body),
        size_(message.tail.size() + message.body.size()) {
    if (message.isContiguous()) {
      first_ = {message.tail.data(), size_};
      second_ = {};
    }
    const bool share = message.owner != nullptr && message.body.size() >= kShareFrom;
    is_plain_ = !share && kMaxHead + size_ + kCopySlack <= net::Outbox::kMaxReserve;
  }

  ~Delivery() {
    worker_.counters.out_msgs += delivered_;
    worker_.counters.out_bytes += delivered_ * message_.size();
  }

  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

  bool to(const Target& target) {
    Subscription& sub = *target.to;
    Session& session = *sub.session;
    const std::size_t size = target.head_size + size_;
    const bool is_special = ((sub.special | session.special) & message_.special_mask) != 0;
    if (is_special || session.outbox.pending() + size > session.soft_limit) [[unlikely]] {
      return toSpecial(target);
    }
    write(session, plan_.head(target));
    count(sub, session);
    return true;
  }

  [[nodiscard]] std::uint32_t delivered() const { return delivered_; }

 private:
  void write(Session& session, std::string_view head) {
    if (message_.header_size == 0) head.remove_prefix(1);  // "HMSG" becomes "MSG"
    worker_.markDirty(session);
    if (!is_plain_ || head.size() > kMaxHead) {
      writeLarge(session, head);
      return;
    }
    char* at = session.outbox.reserve(head.size() + size_ + kCopySlack);
    at = copyWithSlack(at, head);
    at = copyWithSlack(at, first_);
    if (!second_.empty()) at = copyWithSlack(at, second_);
    session.outbox.commit(at);
  }

  // What does not fit into one chunk, or is better referred to than copied.
  void writeLarge(Session& session, std::string_view head) {
    net::Outbox& outbox = session.outbox;
    outbox.append(head);
    if (!second_.empty()) outbox.append(first_);
    const std::string_view last = second_.empty() ? first_ : second_;
    // Who waits anyway must not keep a whole read buffer alive for a small part of it.
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
    session.traffic.source = message_.from;
    ++delivered_;
  }

  // Everything that the straight path left out, in the order in which the reference decides.
  bool toSpecial(const Target& target) {
    Subscription& sub = *target.to;
    Session& session = *sub.session;
    const std::uint8_t special = sub.special | session.special;
    if ((special & special::kClosing) != 0) return false;
    if ((special & special::kNoEcho) != 0 && message_.from_id == session.id) return false;
    if ((special & special::kCounted) != 0 && sub.delivered >= sub.max) return false;
    if (!hasRoom(worker_, session, message_, target.head_size + size_)) return false;
    const bool strip = (special & special::kHeaderless) != 0 && message_.header_size > 0;
    if (strip) {
      writeStripped(session, plan_.head(target));
    } else {
      write(session, plan_.head(target));
    }
    if ((special & special::kTraced) != 0) traceDelivery(session, sub, message_);
    count(sub, session);  // all of it, stripped or not
    if ((special & special::kCounted) != 0 && sub.delivered == sub.max) {
      log::debug("{} - Auto-unsubscribe limit of {} reached for sid '{}'", session.label(), sub.max,
                 sub.sid);
      unsubscribe(worker_, sub);
    }
    return true;
  }

  // For receivers without header support: the payload alone, as a MSG.
  void writeStripped(Session& session, std::string_view head) {
    head.remove_prefix(1);
    const std::string_view payload = message_.body.substr(message_.header_size);
    const bool has_reply = !message_.reply.empty();
    const std::string line =
        fmt::format("{}{}{}{}\r\n", head, message_.reply, has_reply ? " " : "", payload.size() - 2);
    session.outbox.append(line);
    session.outbox.append(payload);
    worker_.markDirty(session);
  }

  Worker& worker_;
  const Plan& plan_;
  const Message& message_;
  std::string_view first_;   // tail, or tail and body
  std::string_view second_;  // body, if it lies elsewhere
  std::size_t size_;
  bool is_plain_;  // to be copied, in one piece
  std::uint32_t delivered_ = 0;
};

// Offers the message to the members of a group from `first` on, in a circle, until one takes it. A
// member on another shard is taken at its word: the message goes there for it.
bool offer(Worker& worker, Delivery& delivery, const Plan& plan, const Group& group,
           const Offer& offer) {
  const auto count = static_cast<std::uint32_t>(group.members.size());
  std::uint32_t at = offer.first;
  for (std::uint32_t tried = 0; tried < count; ++tried) {
    const Member& member = group.members[at];
    if (member.local.to == nullptr) {
      const MemberName name{member.elsewhere, plan.head(member.local), plan.nameOf(group),
                            offer.hops};
      worker.relay->toMember(name, offer.message);
      return true;
    }
    if (delivery.to(member.local)) return true;
    if (++at == count) at = 0;
  }
  return false;
}

// A member chosen at random, or who comes next. Spec: client-protocol §9.2
bool deliverToGroup(Worker& worker, Delivery& delivery, const Group& group, const Plan& plan,
                    const Message& message) {
  const std::uint32_t first = worker.rng.below(static_cast<std::uint32_t>(group.members.size()));
  return offer(worker, delivery, plan, group, {message, first, 0});
}

// A service answers with a message of its own, which may replace this very plan: last, and from a
// copy.
std::uint32_t callServices(Worker& worker, const Plan& plan, const Message& message) {
  const std::vector<Subscription*> services = plan.services;
  for (const Subscription* service : services)
    service->service(worker, message);
  return static_cast<std::uint32_t>(services.size());
}

}  // namespace

std::uint32_t deliver(Worker& worker, const Plan& plan, const Message& message) {
  if (plan.is_silent) return 0;
  Delivery delivery(worker, plan, message);
  for (const Target& target : plan.local)
    delivery.to(target);
  std::uint32_t delivered = delivery.delivered();
  for (const auto& group : plan.groups) {
    delivered += deliverToGroup(worker, delivery, group, plan, message) ? 1 : 0;
  }
  for (const subject::ShardId shard : plan.remote) {
    worker.relay->toShard(shard, message);
    ++delivered;
  }
  if (!plan.services.empty()) delivered += callServices(worker, plan, message);
  return delivered;
}

bool deliverTo(Worker& worker, const Plan& plan, const Target& target, const Message& message) {
  Delivery delivery(worker, plan, message);
  return delivery.to(target);
}

std::uint32_t deliverRelayed(Worker& worker, const Plan& plan, const Message& message) {
  Delivery delivery(worker, plan, message);
  for (const Target& target : plan.local)
    delivery.to(target);
  return delivery.delivered();
}

bool deliverToMember(Worker& worker, const Plan& plan, const MemberName& name,
                     const Message& message) {
  const auto group = std::find_if(plan.groups.begin(), plan.groups.end(), [&](const Group& each) {
    return plan.nameOf(each) == name.queue;
  });
  if (group == plan.groups.end() || name.hops >= kMaxHops) return false;
  const auto& members = group->members;
  const auto chosen = std::find_if(members.begin(), members.end(), [&name](const Member& member) {
    const Subscription* const sub = member.local.to;
    return sub != nullptr && sub->sid == name.sid && sub->session->id == name.session;
  });
  // Whoever is here comes before those on other shards.
  const auto stand_in = std::find_if(members.begin(), members.end(), [](const Member& member) {
    return member.local.to != nullptr;
  });
  const auto first = chosen != members.end() ? chosen : stand_in;
  Delivery delivery(worker, plan, message);
  if (first != members.end() && delivery.to(first->local)) return true;
  const auto next =
      static_cast<std::uint32_t>(first == members.end() ? 0 : first - members.begin());
  return offer(worker, delivery, plan, *group,
               {message, next, static_cast<std::uint8_t>(name.hops + 1)});
}

}  // namespace gannet::server
