#include "server/shards/relay.h"

#include "server/delivery/delivery.h"
#include "server/delivery/publish.h"
#include "server/session/input.h"
#include "server/session/keepalive.h"
#include "server/session/session.h"
#include "server/shards/settings.h"
#include "server/shards/shared.h"
#include "server/shards/worker.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

// A batch is one string of records, each a fixed header and its texts:
//
//   RelayHeader | subject | reply | member's sid | queue | tail | body, or nothing
//
// A body that travels by reference stands in `shared`, in the order of the records.
namespace gannet::server {
namespace {

constexpr std::size_t kShareFrom = 2048;                            // as in delivery.cc
constexpr std::size_t kBatchBytes = std::size_t{64} * 1024;         // then it leaves at once
constexpr std::size_t kMaxUnderWay = std::size_t{4} * 1024 * 1024;  // to one shard: some ms of mail
constexpr auto kCongestionStall = std::chrono::milliseconds(2);

struct RelayHeader {
  SessionId from;
  SessionId member;
  std::uint32_t subject;
  std::uint32_t reply;
  std::uint32_t sid;
  std::uint32_t queue;
  std::uint32_t tail;
  std::uint32_t body;
  std::uint32_t header_size;
  std::uint8_t hops;
  bool to_member;
  bool is_shared;
};

struct SharedBody {
  BufferRef owner;
  std::string_view bytes;
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

  // `member` null: to all plain receivers.
  void add(const Message& message, const MemberName* member) {
    const bool share = message.owner != nullptr && message.body.size() >= kShareFrom;
    const RelayHeader header{
        .from = message.from_id,
        .member = member != nullptr ? member->session : SessionId{},
        .subject = static_cast<std::uint32_t>(message.subject.size()),
        .reply = static_cast<std::uint32_t>(message.reply.size()),
        .sid = static_cast<std::uint32_t>(member != nullptr ? member->sid.size() : 0),
        .queue = static_cast<std::uint32_t>(member != nullptr ? member->queue.size() : 0),
        .tail = static_cast<std::uint32_t>(message.tail.size()),
        .body = share ? 0 : static_cast<std::uint32_t>(message.body.size()),
        .header_size = message.header_size,
        .hops = member != nullptr ? member->hops : std::uint8_t{0},
        .to_member = member != nullptr,
        .is_shared = share,
    };
    records.append(reinterpret_cast<const char*>(&header), sizeof header);
    records.append(message.subject).append(message.reply);
    if (member != nullptr) records.append(member->sid).append(member->queue);
    records.append(message.tail);
    if (share) {
      shared.push_back({BufferRef::share(message.owner), message.body});
    } else {
      records.append(message.body);
    }
  }
};

namespace {

// Reads the records of one batch and delivers them. Runs on the target's shard.
class RelayIn {
 public:
  RelayIn(Worker& worker, RelayBatch& batch) : worker_(worker), batch_(batch) {}

  void deliverAll() {
    // The texts are read in strides: see copyWithSlack() in delivery.cc.
    const std::size_t end = batch_.records.size();
    batch_.records.append(Worker::kReadSlack, '\0');
    worker_.syncPlans();
    while (at_ < end)
      deliverNext();
  }

 private:
  std::string_view take(std::size_t size) {
    const std::string_view text(batch_.records.data() + at_, size);
    at_ += size;
    return text;
  }

  void deliverNext() {
    RelayHeader header{};
    std::memcpy(&header, take(sizeof header).data(), sizeof header);
    Message message;
    message.from_id = header.from;
    message.subject = take(header.subject);
    message.reply = take(header.reply);
    const std::string_view sid = take(header.sid);
    const std::string_view queue = take(header.queue);
    message.tail = take(header.tail);
    message.header_size = header.header_size;
    if (header.header_size > 0) message.special_mask = special::kAll;
    if (header.is_shared) {
      message.body = batch_.shared[shared_at_].bytes;
      message.owner = batch_.shared[shared_at_].owner.get();
      ++shared_at_;
    } else {
      message.body = take(header.body);
    }
    const Plan& plan = planFor(worker_, worker_.global, message.subject);
    const bool is_delivered =
        header.to_member
            ? deliverToMember(worker_, plan, {header.member, sid, queue, header.hops}, message)
            : deliverRelayed(worker_, plan, message) > 0;
    if (!is_delivered) worker_.relay->reportUndelivered(message);
    if (worker_.interest_changed) worker_.syncPlans();
  }

  Worker& worker_;
  RelayBatch& batch_;
  std::size_t at_ = 0;
  std::size_t shared_at_ = 0;
};

}  // namespace

RelayOut::RelayOut(Worker& worker, const std::vector<Worker*>& peers)
    : worker_(worker),
      peers_(peers),
      open_(peers.size()),
      under_way_(peers.size()),
      arrived_(peers.size()) {}

RelayOut::~RelayOut() = default;

RelayBatch& RelayOut::batchFor(subject::ShardId shard) {
  auto& batch = open_[shard];
  if (batch == nullptr) batch = std::make_unique<RelayBatch>();
  return *batch;
}

void RelayOut::toShard(subject::ShardId shard, const Message& message) {
  batchFor(shard).add(message, nullptr);
  pausePublisher(shard, message);
}

void RelayOut::toMember(const MemberName& member, const Message& message) {
  const subject::ShardId shard = member.session.shard;
  batchFor(shard).add(message, &member);
  pausePublisher(shard, message);
}

// Hands a full batch over, and slows a publisher whose target does not keep up with its mail.
void RelayOut::pausePublisher(subject::ShardId shard, const Message& message) {
  if (open_[shard]->records.size() < kBatchBytes &&
      open_[shard]->shared.size() < kBatchBytes / 1024) {
    return;
  }
  sendBatch(shard);
  if (message.from == nullptr || !isCongested(shard)) return;
  message.from->stall_due += kCongestionStall;
  message.from->awaited_shard = shard;
}

bool RelayOut::isCongested(subject::ShardId shard) const {
  // Less than lies between the stall and the cut of a receiver there.
  const auto max_pending = static_cast<std::size_t>(worker_.settings->options.max_pending);
  return under_way_[shard].load(std::memory_order_relaxed) >
         std::min(kMaxUnderWay, max_pending / 8);
}

void RelayOut::stallPublisher(SessionId publisher, std::chrono::nanoseconds due) {
  if (publisher.shard == worker_.shard.id()) return;
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
    post(stall.publisher.shard, [stall](Worker& there) {
      Session* const session = there.find(stall.publisher);
      if (session != nullptr) stallForRemote(there, *session, stall.due);
    });
  }
}

void RelayOut::reportUndelivered(const Message& message) {
  if (message.reply.empty() || message.from_id.shard == worker_.shard.id()) return;
  post(message.from_id.shard, [publisher = message.from_id, subject = std::string(message.subject),
                               reply = std::string(message.reply)](Worker& there) {
    Session* const session = there.find(publisher);
    if (session == nullptr) return;
    there.syncPlans();
    if (!planFor(there, *session->account, subject).is_silent) return;
    answerNoResponders(there, *session, subject, reply);
  });
}

void RelayOut::sendBatch(subject::ShardId shard) {
  if (open_[shard] == nullptr) return;
  Worker* const there = peers_[shard];
  const std::size_t bytes = open_[shard]->records.size() + open_[shard]->sharedBytes();
  under_way_[shard].fetch_add(bytes, std::memory_order_relaxed);
  worker_.shared.memory.report(static_cast<std::int64_t>(open_[shard]->records.size()));
  const subject::ShardId self = worker_.shard.id();
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
    sendBatch(static_cast<subject::ShardId>(shard));
  }
  confirmArrived();
}

// After the stalls of the turn: the publisher that they are for must not first fill the room that
// this makes.
void RelayOut::confirmArrived() {
  for (std::size_t source = 0; source < arrived_.size(); ++source) {
    const std::size_t bytes = std::exchange(arrived_[source], 0);
    if (bytes == 0) continue;
    auto& under_way = peers_[source]->relay->under_way_[worker_.shard.id()];
    under_way.fetch_sub(bytes, std::memory_order_relaxed);
  }
}

void RelayOut::postTask(subject::ShardId shard, Task task) {
  worker_.shard.post(shard, std::move(task));
}

}  // namespace gannet::server
