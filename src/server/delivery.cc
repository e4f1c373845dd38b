#include "server/delivery.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/log.h"
#include "server/output.h"
#include "server/relay.h"
#include "server/session.h"
#include "server/subscribe.h"
#include "server/trace_log.h"
#include "server/worker.h"

// The straight path: for each receiver reserve room in its outbox, copy the line's start (rendered
// once, in the plan), its end (rendered once, per message) and the payload, and put the receiver on
// the turn's flush list. It allocates nothing, takes no lock and calls nothing virtual. Whatever is
// not always needed hides behind one test of `special` bits and one comparison of pending bytes.
namespace gannet::server {
namespace {

// Payloads from this size on leave by reference: two more entries of a writev cost less than the
// copy. Measured with 128 B to 64 KiB payloads; the two lines cross between 1 and 4 KiB.
constexpr std::size_t kShareFrom = 2048;

// Copies in strides of 32 bytes and may write and read up to 31 bytes too far: both sides have
// that slack. Short texts then cost one or two vector moves instead of a call.
char* copyWithSlack(char* to, std::string_view from) {
  constexpr std::size_t kStride = 32;
  for (std::size_t at = 0; at < from.size(); at += kStride) {
    std::memcpy(to + at, from.data() + at, kStride);
  }
  return to + from.size();
}

constexpr std::size_t kCopySlack = 32;
constexpr std::size_t kMaxReply = 448;  // longer ones take a string of their own
constexpr std::size_t kMaxTail = 512;
constexpr std::size_t kMaxLine = 4096;  // head and tail without subject and reply; sids are short

class Delivery {
 public:
  Delivery(Worker& worker, const Plan& plan, const Message& message)
      : worker_(worker),
        plan_(plan),
        message_(message),
        share_(message.owner != nullptr && message.body.size() >= kShareFrom),
        fits_(message.body.size() + message.reply.size() + message.subject.size() + kMaxLine <
              net::Outbox::kMaxReserve) {
    renderTail();
  }

  bool to(const Target& target) {
    Subscription& sub = *target.to;
    Session& session = *sub.session;
    const std::size_t size = target.head_size + tail_.size() + message_.body.size();
    const bool is_special = ((sub.special | session.special) & message_.special_mask) != 0;
    if (is_special || session.outbox.pending() + size > session.soft_limit) [[unlikely]] {
      return toSpecial(target);
    }
    write(session, plan_.head(target));
    count(sub, session, message_.payloadAndHeaderSize());
    return true;
  }

 private:
  // "[reply ][header_size ]size\r\n"
  void renderTail() {
    char* at = tail_text_.data();
    if (message_.reply.size() > kMaxReply) {
      long_tail_.resize(message_.reply.size() + kMaxTail);
      at = long_tail_.data();
    }
    char* const start = at;
    if (!message_.reply.empty()) at = field(at, message_.reply);
    if (!message_.header_text.empty()) at = field(at, message_.header_text);
    std::memcpy(at, message_.size_text.data(), message_.size_text.size());
    at += message_.size_text.size();
    *at++ = '\r';
    *at++ = '\n';
    tail_ = {start, static_cast<std::size_t>(at - start)};
  }

  static char* field(char* at, std::string_view text) {
    std::memcpy(at, text.data(), text.size());
    at[text.size()] = ' ';
    return at + text.size() + 1;
  }

  void write(Session& session, std::string_view head) {
    if (message_.header_size == 0) head.remove_prefix(1);  // "HMSG" becomes "MSG"
    net::Outbox& outbox = session.outbox;
    const std::size_t line = head.size() + tail_.size();
    if (!share_ && fits_) {
      char* at = outbox.reserve(line + message_.body.size() + kCopySlack);
      at = copyWithSlack(at, head);
      at = copyWithSlack(at, tail_);
      std::memcpy(at, message_.body.data(), message_.body.size());
      outbox.commit(at + message_.body.size());
    } else {
      char* at = outbox.reserve(line + kCopySlack);
      at = copyWithSlack(at, head);
      outbox.commit(copyWithSlack(at, tail_));
      appendBody(outbox);
    }
    worker_.markDirty(session);
  }

  void appendBody(net::Outbox& outbox) {
    if (share_) {
      outbox.appendShared(*message_.owner, message_.body);
    } else {
      outbox.append(message_.body);
    }
  }

  void count(Subscription& sub, Session& session, std::size_t bytes) {
    ++sub.delivered;
    ++session.traffic.out_msgs;
    session.traffic.out_bytes += bytes;
    ++worker_.counters.out_msgs;
    worker_.counters.out_bytes += bytes;
  }

  // Everything that the straight path left out, in the order in which the reference decides.
  bool toSpecial(const Target& target) {
    Subscription& sub = *target.to;
    Session& session = *sub.session;
    const std::uint8_t special = sub.special | session.special;
    if ((special & special::kClosing) != 0) return false;
    if ((special & special::kNoEcho) != 0 && message_.from == &session) return false;
    if ((special & special::kCounted) != 0 && sub.delivered >= sub.max) return false;
    if (!hasRoom(worker_, session, message_, target.head_size + tail_.size() + message_.body.size())) {
      return false;
    }
    const bool strip = (special & special::kHeaderless) != 0 && message_.header_size > 0;
    if (strip) {
      writeStripped(session, plan_.head(target));
    } else {
      write(session, plan_.head(target));
    }
    if ((special & special::kTraced) != 0) traceDelivery(session, sub, message_);
    count(sub, session, message_.payloadAndHeaderSize() - (strip ? message_.header_size : 0));
    if ((special & special::kCounted) != 0 && sub.delivered == sub.max) unsubscribe(worker_, sub);
    return true;
  }

  // For receivers without header support: the payload alone, as a MSG.
  void writeStripped(Session& session, std::string_view head) {
    head.remove_prefix(1);
    const std::string_view payload = message_.body.substr(message_.header_size);
    const bool has_reply = !message_.reply.empty();
    const std::string line = fmt::format("{}{}{}{}\r\n", head, message_.reply,
                                         has_reply ? " " : "", payload.size() - 2);
    session.outbox.append(line);
    session.outbox.append(payload);
    worker_.markDirty(session);
  }

  Worker& worker_;
  const Plan& plan_;
  const Message& message_;
  bool share_;
  bool fits_;
  std::string_view tail_;
  std::array<char, kMaxTail + kCopySlack> tail_text_;
  std::string long_tail_;
};

// A member chosen at random, then the next ones in a circle until one takes the message. A member
// on another shard is taken at its word: the message goes there for it.
// Spec  client-protocol §9.2
bool deliverToGroup(Worker& worker, Delivery& delivery, const std::vector<Member>& group,
                    const Plan& plan, const Message& message) {
  const auto count = static_cast<std::uint32_t>(group.size());
  std::uint32_t at = worker.rng.below(count);
  for (std::uint32_t tried = 0; tried < count; ++tried) {
    const Member& member = group[at];
    if (member.local.to == nullptr) {
      worker.relay->toMember(member.elsewhere, plan.head(member.local), message);
      return true;
    }
    if (delivery.to(member.local)) return true;
    if (++at == count) at = 0;
  }
  return false;
}

}  // namespace

std::uint32_t deliver(Worker& worker, const Plan& plan, const Message& message) {
  if (plan.fanOut() == 0) return 0;
  Delivery delivery(worker, plan, message);
  std::uint32_t delivered = 0;
  for (const Target& target : plan.local) delivered += delivery.to(target) ? 1 : 0;
  for (const auto& group : plan.groups) {
    delivered += deliverToGroup(worker, delivery, group, plan, message) ? 1 : 0;
  }
  for (const subject::ShardId shard : plan.remote) {
    worker.relay->toShard(shard, message);
    ++delivered;
  }
  for (const Subscription* service : plan.services) {
    service->service(worker, message);
    ++delivered;
  }
  return delivered;
}

void deliverRelayed(Worker& worker, const Plan& plan, const Message& message) {
  Delivery delivery(worker, plan, message);
  for (const Target& target : plan.local) delivery.to(target);
}

bool deliverToMember(Worker& worker, const Plan& plan, const MemberName& name,
                     const Message& message) {
  Delivery delivery(worker, plan, message);
  for (const auto& group : plan.groups) {
    for (const Member& member : group) {
      const Subscription* const sub = member.local.to;
      if (sub == nullptr || sub->sid != name.sid || !(sub->session->id == name.session)) continue;
      if (delivery.to(member.local)) return true;
      // The chosen one cannot take it: the next one here that can stands in.
      return std::any_of(group.begin(), group.end(), [&delivery](const Member& other) {
        return other.local.to != nullptr && delivery.to(other.local);
      });
    }
  }
  return false;
}

}  // namespace gannet::server
