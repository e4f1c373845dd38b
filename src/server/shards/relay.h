#pragma once

#include "base/task.h"
#include "server/delivery/message.h"
#include "server/session/session_id.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace gannet::server {

class Worker;
struct RelayBatch;

// What one shard has for the others in this turn: messages and tasks, in order. Small payloads are
// copied into one batch for each target, large ones travel by reference.
//
// Threads  Its shard's only.
class RelayOut {
 public:
  // `peers` are the workers by shard, this one included; all outlive the relay.
  RelayOut(Worker& worker, const std::vector<Worker*>& peers);
  RelayOut(const RelayOut&) = delete;
  RelayOut& operator=(const RelayOut&) = delete;
  ~RelayOut();

  // Delivers `message` to the plain receivers on `shard`.
  void toShard(subject::ShardId shard, const Message& message);

  // Delivers `message` to one member of a queue group, named by its session and sid.
  void toMember(SessionId session, std::string_view sid, const Message& message);

  // Makes a publisher on another shard wait for a receiver on this one.
  void stallPublisher(SessionId publisher, std::chrono::nanoseconds due);

  // Runs `task` with the worker of `shard`, after every message sent there before.
  template <class F>
  void post(subject::ShardId shard, F task) {
    sendBatch(shard);
    Worker* const there = peers_[shard];
    postTask(shard, Task([there, task = std::move(task)]() mutable { task(*there); }));
  }

  // Hands over what the turn gathered.
  void sendAll();

 private:
  RelayBatch& batchFor(subject::ShardId shard);
  void sendBatch(subject::ShardId shard);
  void postTask(subject::ShardId shard, Task task);
  void pausePublisher(subject::ShardId shard, const Message& message);

  Worker& worker_;
  std::vector<Worker*> peers_;
  std::vector<std::unique_ptr<RelayBatch>> open_;  // by target
};

}  // namespace gannet::server
