#include "server/delivery/relay.h"

#include "base/assert.h"
#include "server/delivery/publish.h"
#include "server/delivery/route.h"
#include "server/delivery/stall.h"
#include "server/state/session.h"
#include "server/state/settings.h"
#include "server/state/shard.h"
#include "server/state/shared.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

// A batch is one string of records, each a fixed header, its picks and its texts:
//
//   RelayHeader | PickHeader… | subject | shown as | reply | queues… | tail | body, or nothing
//
// A body that travels by reference stands in `shared`, in the order of the records.
namespace gannet::server {
namespace {

constexpr std::size_t kShareFrom = 2048;                            // as in route.h
constexpr std::size_t kBatchBytes = std::size_t{64} * 1024;         // then it leaves at once
constexpr std::size_t kMaxUnderWay = std::size_t{4} * 1024 * 1024;  // to one shard: some ms of work
constexpr auto kCongestionStall = std::chrono::milliseconds(2);

struct RelayHeader {
  SessionId from;
  Ask ask;
  std::uint32_t account;  // by index
  std::uint32_t subject;
  std::uint32_t shown_as;
  std::uint32_t reply;
  std::uint32_t tail;
  std::uint32_t body;
  std::uint32_t header_size;
  std::uint32_t picks;
  std::uint8_t hops;
  bool includes_plain;
  bool is_shared;
};

struct PickHeader {
  SubscriptionId id;
  std::uint32_t queue;
};

struct SharedBody {
  BufferRef owner;
  PaddedView bytes;
};

}  // namespace

struct RelayBatch {
  std::string records;
  std::vector<SharedBody> shared;

  [[nodiscard]] std::size_t sharedBytes() const {
    std::size_t bytes = 0;
    for (const SharedBody& body : shared)
      bytes += body.bytes.size();
    return bytes;
  }

  void add(const Publication& message, const Handover& handover) {
    const bool share = message.owner != nullptr && message.body.size() >= kShareFrom;
    const RelayHeader header{
        .from = message.from_id,
        .ask = message.ask,
        .account = message.account->account.index,
        .subject = static_cast<std::uint32_t>(message.subject.size()),
        .shown_as = static_cast<std::uint32_t>(message.shown_as.size()),
        .reply = static_cast<std::uint32_t>(message.reply.size()),
        .tail = static_cast<std::uint32_t>(message.tail.size()),
        .body = share ? 0 : static_cast<std::uint32_t>(message.body.size()),
        .header_size = message.header_size,
        .picks = static_cast<std::uint32_t>(handover.picks.size()),
        .hops = message.hops,
        .includes_plain = handover.includes_plain,
        .is_shared = share,
    };
    append(header);
    for (const Pick& pick : handover.picks)
      append(PickHeader{pick.id, static_cast<std::uint32_t>(pick.queue.size())});
    records.append(message.subject).append(message.shown_as).append(message.reply);
    for (const Pick& pick : handover.picks)
      records.append(pick.queue);
    records.append(message.tail.view());
    if (share) {
      shared.push_back({BufferRef::share(message.owner), message.body});
    } else {
      records.append(message.body.view());
    }
  }

 private:
  template <class Header>
  void append(const Header& header) {
    records.append(reinterpret_cast<const char*>(&header), sizeof header);
  }
};

namespace {

// Reads the records of one batch and delivers them. Runs on the target's shard.
class RelayIn {
 public:
  RelayIn(Shard& shard, RelayBatch& batch) : shard_(shard), batch_(batch) {}

  void deliverAll() {
    const std::size_t end = batch_.records.size();
    batch_.records.append(PaddedView::kSlack, '\0');
    while (at_ < end)
      deliverNext();
  }

 private:
  PaddedView take(std::size_t size) {
    const std::string_view text(batch_.records.data() + at_, size);
    at_ += size;
    return PaddedView::within(text);
  }

  template <class Header>
  Header take() {
    Header header{};
    std::memcpy(&header, take(sizeof header).data(), sizeof header);
    return header;
  }

  void deliverNext() {
    const auto header = take<RelayHeader>();
    sizes_.clear();
    picks_.clear();
    for (std::uint32_t i = 0; i < header.picks; ++i) {
      const auto pick = take<PickHeader>();
      picks_.push_back({pick.id, {}});
      sizes_.push_back(pick.queue);
    }
    Publication message;
    message.account = &shard_.accounts.at(header.account);
    message.account->sync();
    message.from_id = header.from;
    message.ask = header.ask;
    message.hops = header.hops;
    message.subject = take(header.subject).view();
    message.shown_as = take(header.shown_as).view();
    message.reply = take(header.reply).view();
    for (std::uint32_t i = 0; i < header.picks; ++i)
      picks_[i].queue = take(sizes_[i]).view();
    message.tail = take(header.tail);
    message.setHeaderSize(header.header_size);
    if (header.is_shared) {
      message.body = batch_.shared[shared_at_].bytes;
      message.owner = batch_.shared[shared_at_].owner.get();
      ++shared_at_;
    } else {
      message.body = take(header.body);
    }
    const Plan& plan = planFor(shard_, *message.account, message.subject);
    const Routed routed = routeHere(shard_, plan, message, {header.includes_plain, picks_});
    // What was handed on took the question along.
    if (routed.delivered > 0 || routed.asked == 0) {
      shard_.relay->report(message, routed.delivered > 0);
    }
  }

  Shard& shard_;
  RelayBatch& batch_;
  std::size_t at_ = 0;
  std::size_t shared_at_ = 0;
  std::vector<Pick> picks_;
  std::vector<std::uint32_t> sizes_;  // of their queues' names
};

}  // namespace

RelayOut::RelayOut(Shard& shard, const std::vector<Shard*>& peers)
    : shard_(shard),
      peers_(peers),
      open_(peers.size()),
      under_way_(peers.size()),
      arrived_(peers.size()) {}

RelayOut::~RelayOut() = default;

RelayBatch& RelayOut::batchFor(ShardId shard) {
  auto& batch = open_[shard];
  if (batch == nullptr) batch = std::make_unique<RelayBatch>();
  return *batch;
}

void RelayOut::hand(ShardId shard, const Publication& message, const Handover& handover) {
  GANNET_ASSERT(shard < peers_.size() && shard != shard_.loop.id());
  batchFor(shard).add(message, handover);
  pausePublisher(shard, message);
}

// Hands a full batch over, and slows a publisher whose target does not keep up.
void RelayOut::pausePublisher(ShardId shard, const Publication& message) {
  if (open_[shard]->records.size() < kBatchBytes &&
      open_[shard]->shared.size() < kBatchBytes / 1024) {
    return;
  }
  sendBatch(shard);
  if (message.from == nullptr || !isCongested(shard)) return;
  message.from->stall_due += kCongestionStall;
  message.from->awaited_shard = shard;
}

bool RelayOut::isCongested(ShardId shard) const {
  // Less than lies between the stall and the cut of a receiver there.
  const auto max_pending = static_cast<std::size_t>(shard_.settings->options.max_pending);
  return under_way_[shard].load(std::memory_order_relaxed) >
         std::min(kMaxUnderWay, max_pending / 8);
}

void RelayOut::stallPublisher(SessionId publisher, std::chrono::nanoseconds due) {
  if (publisher.shard == shard_.loop.id()) return;
  const auto known = std::find_if(stalls_.begin(), stalls_.end(), [publisher](const Stall& each) {
    return each.publisher == publisher;
  });
  if (known == stalls_.end()) {
    stalls_.push_back({publisher, due});
  } else {
    known->due += due;
  }
}

void RelayOut::sendStalls() {
  for (const Stall& stall : std::exchange(stalls_, {})) {
    post(stall.publisher.shard, [stall](Shard& there) {
      Session* const session = there.find(stall.publisher);
      if (session != nullptr) stallForRemote(there, *session, stall.due);
    });
  }
}

Ask RelayOut::askFor(const Publication& message, std::uint32_t count) {
  const bool is_handed_on = message.from == nullptr;
  if (is_handed_on && (message.ask.wants == Ask::Wants::nothing || count == 1)) return message.ask;
  const bool may_ask =
      is_handed_on || (!message.reply.empty() && message.from->connect->no_responders);
  if (!may_ask) return {};
  const ShardId self = shard_.loop.id();
  if (count == 1) return {.wants = Ask::Wants::failure, .home = self, .number = 0};
  requests_[++last_request_] = {.origin = message.ask,
                                .publisher = message.from_id,
                                .subject = std::string(message.subject),
                                .reply = std::string(message.reply),
                                .shards_left = count,
                                .is_delivered = false};
  return {.wants = Ask::Wants::outcome, .home = self, .number = last_request_};
}

void RelayOut::report(const Publication& message, bool is_delivered) {
  const Ask::Wants wants = message.ask.wants;
  const bool is_asked =
      wants == Ask::Wants::outcome || (wants == Ask::Wants::failure && !is_delivered);
  if (!is_asked) return;
  answer(message.ask, {.origin = {},
                       .publisher = message.from_id,
                       .subject = std::string(message.subject),
                       .reply = std::string(message.reply),
                       .shards_left = 0,
                       .is_delivered = is_delivered});
}

// Only a failure is told to who wants to hear of failures.
void RelayOut::answer(const Ask& ask, const Request& request) {
  const auto tell = [this, &ask](auto task) {
    // A message may come back to the shard that asks, in search of a member.
    ask.home == shard_.loop.id() ? task(shard_) : post(ask.home, std::move(task));
  };
  if (ask.wants == Ask::Wants::outcome) {
    tell([number = ask.number, is_delivered = request.is_delivered](Shard& there) {
      there.relay->noteOutcome(number, is_delivered);
    });
  } else if (!request.is_delivered) {
    tell([publisher = request.publisher, subject = request.subject, reply = request.reply](
             Shard& there) { there.relay->noteFailure(publisher, subject, reply); });
  }
}

void RelayOut::noteFailure(SessionId publisher, const std::string& subject,
                           const std::string& reply) {
  Session* const session = shard_.find(publisher);
  if (session == nullptr) return;
  answerNoResponders(shard_, *session, subject, reply);
}

void RelayOut::noteOutcome(std::uint32_t number, bool is_delivered) {
  const auto found = requests_.find(number);
  GANNET_ASSERT(found != requests_.end());
  Request& request = found->second;
  request.is_delivered = request.is_delivered || is_delivered;
  if (--request.shards_left > 0) return;
  const Request done = std::move(request);
  requests_.erase(found);
  if (done.origin.wants != Ask::Wants::nothing) return answer(done.origin, done);
  if (!done.is_delivered) noteFailure(done.publisher, done.subject, done.reply);
}

void RelayOut::sendBatch(ShardId shard) {
  if (open_[shard] == nullptr) return;
  Shard* const there = peers_[shard];
  const std::size_t bytes = open_[shard]->records.size() + open_[shard]->sharedBytes();
  under_way_[shard].fetch_add(bytes, std::memory_order_relaxed);
  shard_.shared.memory.report(static_cast<std::int64_t>(open_[shard]->records.size()));
  const ShardId self = shard_.loop.id();
  postTask(shard, Task([there, self, bytes, batch = std::move(open_[shard])] {
             const auto held = static_cast<std::int64_t>(batch->records.size());
             RelayIn(*there, *batch).deliverAll();
             there->shared.memory.report(-held);
             there->relay->arrived_[self] += bytes;
           }));
}

bool RelayOut::hasUnsent() const {
  return std::any_of(open_.begin(), open_.end(),
                     [](const auto& batch) { return batch != nullptr; });
}

void RelayOut::sendAll() {
  sendStalls();
  for (std::size_t shard = 0; shard < open_.size(); ++shard) {
    sendBatch(static_cast<ShardId>(shard));
  }
  confirmArrived();
}

// After the stalls of the turn: the publisher that they are for must not first fill the room that
// this makes.
void RelayOut::confirmArrived() {
  for (std::size_t source = 0; source < arrived_.size(); ++source) {
    const std::size_t bytes = std::exchange(arrived_[source], 0);
    if (bytes == 0) continue;
    auto& under_way = peers_[source]->relay->under_way_[shard_.loop.id()];
    under_way.fetch_sub(bytes, std::memory_order_relaxed);
  }
}

void RelayOut::postTask(ShardId shard, Task task) {
  shard_.loop.post(shard, std::move(task));
}

}  // namespace gannet::server
