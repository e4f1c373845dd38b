#pragma once

#include "base/task.h"
#include "server/message/publication.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace gannet::server {

class Shard;
struct RelayBatch;

// What one shard has for the others in this turn: messages and tasks, in order. Small payloads are
// copied into one batch for each target, large ones travel by reference.
//
// Threads  Its shard's only.
class RelayOut {
 public:
  // `peers` are the shards by shard, this one included; all outlive the relay.
  RelayOut(Shard& shard, const std::vector<Shard*>& peers);
  RelayOut(const RelayOut&) = delete;
  RelayOut& operator=(const RelayOut&) = delete;
  ~RelayOut();

  // Has `message` delivered on `shard`, as `handover` says.
  void hand(ShardId shard, const Publication& message, const Handover& handover);

  // What `count` shards that are handed a message are to tell: nothing, unless it is a request of a
  // client that wants to know that nobody answers. A question that came with the message is passed
  // on, or asked anew where one shard becomes several. Spec: client-protocol §9.4
  [[nodiscard]] Ask askFor(const Publication& message, std::uint32_t count);

  // Makes a publisher on another shard wait for a receiver on this one. What the turn gathers for
  // one publisher is one wait.
  void stallPublisher(SessionId publisher, std::chrono::nanoseconds due);

  // Answers what was asked with a message: whether somebody here took it.
  void report(const Publication& message, bool is_delivered);

  // True while more is under way to `shard` than it should be: publishers to it wait.
  [[nodiscard]] bool isCongested(ShardId shard) const;

  // Runs `task` with the shard of `shard`, after every message sent there before.
  template <class F>
  void post(ShardId shard, F task) {
    sendBatch(shard);
    Shard* const there = peers_[shard];
    postTask(shard, Task([there, task = std::move(task)]() mutable { task(*there); }));
  }

  // Runs copies of `task` with the shards of all other shards.
  template <class F>
  void postToOthers(const F& task) {
    for (std::size_t i = 0; i < peers_.size(); ++i) {
      if (peers_[i] != &shard_) post(static_cast<ShardId>(i), task);
    }
  }

  // Hands over what the turn gathered.
  void sendAll();

  // True if messages wait for sendAll().
  [[nodiscard]] bool hasUnsent() const;

 private:
  // A request of which several shards were asked to deliver it.
  struct Request {
    Ask origin;  // what it answers in turn; nothing: it is of a client here
    SessionId publisher;
    std::string subject;
    std::string reply;
    std::uint32_t shards_left = 0;
    bool is_delivered = false;
  };

  RelayBatch& batchFor(ShardId shard);
  void sendBatch(ShardId shard);
  void postTask(ShardId shard, Task task);
  void pausePublisher(ShardId shard, const Publication& message);
  void answer(const Ask& ask, const Request& request);
  void noteFailure(SessionId publisher, const std::string& subject, const std::string& reply);
  void noteOutcome(std::uint32_t number, bool is_delivered);
  void sendStalls();
  void confirmArrived();

  struct Stall {
    SessionId publisher;
    std::chrono::nanoseconds due;
  };

  Shard& shard_;
  std::vector<Shard*> peers_;
  std::vector<std::unique_ptr<RelayBatch>> open_;    // by target
  std::vector<std::atomic<std::size_t>> under_way_;  // bytes, by target, which takes them off
  std::vector<std::size_t> arrived_;                 // bytes of this turn, by source
  std::vector<Stall> stalls_;                        // of this turn
  std::map<std::uint32_t, Request> requests_;        // by the number of their Ask
  std::uint32_t last_request_ = 0;
};

}  // namespace gannet::server
