#include "server/shards/relay.h"

#include "server/delivery/delivery.h"
#include "server/delivery/publish.h"
#include "server/session/input.h"
#include "server/session/keepalive.h"
#include "server/session/session.h"
#include "server/shards/worker.h"

#include <cstring>
#include <string>

// A batch is one string of records, each a fixed header and its texts:
//
//   RelayHeader | subject | reply | member's sid | tail | body, or nothing
//
// A body that travels by reference stands in `shared`, in the order of the records.
namespace gannet::server {
namespace {

constexpr std::size_t kShareFrom = 2048;        // as in delivery.cc
constexpr std::size_t kBatchBytes = 64 * 1024;  // then it leaves at once
constexpr auto kCongestionStall = std::chrono::milliseconds(2);

struct RelayHeader {
  SessionId from;
  SessionId member;
  std::uint32_t subject;
  std::uint32_t reply;
  std::uint32_t sid;
  std::uint32_t tail;
  std::uint32_t body;
  std::uint32_t header_size;
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

  void add(const Message& message, const SessionId* member, std::string_view sid) {
    const bool share = message.owner != nullptr && message.body.size() >= kShareFrom;
    const RelayHeader header{
        .from = message.from_id,
        .member = member != nullptr ? *member : SessionId{},
        .subject = static_cast<std::uint32_t>(message.subject.size()),
        .reply = static_cast<std::uint32_t>(message.reply.size()),
        .sid = static_cast<std::uint32_t>(sid.size()),
        .tail = static_cast<std::uint32_t>(message.tail.size()),
        .body = share ? 0 : static_cast<std::uint32_t>(message.body.size()),
        .header_size = message.header_size,
        .to_member = member != nullptr,
        .is_shared = share,
    };
    records.append(reinterpret_cast<const char*>(&header), sizeof header);
    records.append(message.subject).append(message.reply).append(sid).append(message.tail);
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
    if (header.to_member) {
      deliverToMember(worker_, plan, {header.member, sid}, message);
    } else {
      deliverRelayed(worker_, plan, message);
    }
    if (worker_.interest_changed) worker_.syncPlans();
  }

  Worker& worker_;
  RelayBatch& batch_;
  std::size_t at_ = 0;
  std::size_t shared_at_ = 0;
};

}  // namespace

RelayOut::RelayOut(Worker& worker, const std::vector<Worker*>& peers)
    : worker_(worker), peers_(peers), open_(peers.size()) {}

RelayOut::~RelayOut() = default;

RelayBatch& RelayOut::batchFor(subject::ShardId shard) {
  auto& batch = open_[shard];
  if (batch == nullptr) batch = std::make_unique<RelayBatch>();
  return *batch;
}

void RelayOut::toShard(subject::ShardId shard, const Message& message) {
  batchFor(shard).add(message, nullptr, {});
  pausePublisher(shard, message);
}

void RelayOut::toMember(SessionId session, std::string_view sid, const Message& message) {
  batchFor(session.shard).add(message, &session, sid);
  pausePublisher(session.shard, message);
}

// Hands a full batch over, and slows a publisher whose target does not keep up with its mail.
void RelayOut::pausePublisher(subject::ShardId shard, const Message& message) {
  if (open_[shard]->records.size() < kBatchBytes &&
      open_[shard]->shared.size() < kBatchBytes / 1024) {
    return;
  }
  sendBatch(shard);
  if (worker_.shard.isCongested(shard) && message.from != nullptr) {
    message.from->stall_due += kCongestionStall;
  }
}

void RelayOut::stallPublisher(SessionId publisher, std::chrono::nanoseconds due) {
  if (publisher.shard == worker_.shard.id()) return;
  post(publisher.shard, [publisher, due](Worker& there) {
    Session* const session = there.find(publisher);
    if (session == nullptr || session->is_paused) return;
    session->stall_due += due;
    stall(there, *session);
  });
}

void RelayOut::sendBatch(subject::ShardId shard) {
  if (open_[shard] == nullptr) return;
  Worker* const there = peers_[shard];
  postTask(shard, Task([there, batch = std::move(open_[shard])] {
             RelayIn(*there, *batch).deliverAll();
           }));
}

void RelayOut::sendAll() {
  for (std::size_t shard = 0; shard < open_.size(); ++shard) {
    sendBatch(static_cast<subject::ShardId>(shard));
  }
}

void RelayOut::postTask(subject::ShardId shard, Task task) {
  worker_.shard.post(shard, std::move(task));
}

}  // namespace gannet::server
