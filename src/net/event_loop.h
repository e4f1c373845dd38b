#pragma once

#include "base/clock.h"
#include "base/posted_tasks.h"
#include "base/shard_id.h"
#include "base/task.h"
#include "net/pair_queue.h"
#include "net/poller.h"
#include "net/timer_wheel.h"

#include <atomic>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

namespace gannet::net {

// What a shard calls at the two fixed places of its loop turn.
class TurnHooks {
 public:
  virtual ~TurnHooks() = default;

  // Sockets that became ready since the last turn are served here.
  virtual void serveReady() = 0;

  // The turn's output leaves here, and what closed during the turn is freed. Returns true if there
  // is more to serve without waiting: the next turn then does not sleep.
  virtual bool endTurn() = 0;
};

// One thread with one event loop, and the tasks that it and other loops post to each other.
//
// A turn: sleep until something is ready; serve ready sockets; run what the other
// loops posted; fire timers; flush. The clock is read once a turn.
//
// Threads  Constructed and joined by the control thread. Everything without a note: the shard's own
//          thread, or any before run().
class EventLoop {
 public:
  EventLoop(ShardId id, std::size_t count);
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  ~EventLoop();

  [[nodiscard]] ShardId id() const { return id_; }

  [[nodiscard]] Poller& poller() { return poller_; }

  [[nodiscard]] TimerWheel& wheel() { return wheel_; }

  // The time at which this turn began.
  [[nodiscard]] MonoTime now() const { return now_; }

  // How long this turn may take for what is dear and not urgent, a crowd that arrives or leaves:
  // the messages of the others wait meanwhile. A part of what the turn before took, if it was a
  // long one.
  [[nodiscard]] std::chrono::nanoseconds sideTime() const;

  // Tells a shard who the others are, itself included, in the order of their ids. Before start().
  void introduce(const std::vector<std::unique_ptr<EventLoop>>& all);

  // Starts the thread. `hooks` outlives it.
  void start(TurnHooks& hooks);

  // Takes one turn at `now` without waiting for anything; true if it left work for another one. For
  // tests that step a loop whose thread was not started.
  bool takeTurn(TurnHooks& hooks, MonoTime now);

  // Asks the loop to end after its current turn. Any thread.
  void stop();

  // Waits for the thread's end. Tasks not yet run are destroyed.
  void join();

  // Runs `task` once on `target`'s thread, after everything this shard posted there before.
  // Owns  `task` with its captures; destroyed on the target's thread, at shutdown without a run.
  // Cost  One slot in the pair queue; one wake-up for all posts of this loop turn.
  // Full  Spills to this shard's own list: never blocks, never fails. See isCongested().
  void post(ShardId target, Task task);

  // As post(), from a thread that is no shard.
  void postFromOutside(Task task);

  // True while tasks for `target` had to be spilled: what causes them should pause.
  [[nodiscard]] bool isCongested(ShardId target) const;

  // Runs `task` while every other shard stands still between two of its turns, once all tasks that
  // any shard posted to any other before has been taken in.
  //
  // Threads  The shard's own, at a turn's end. The caller sees to it that all shards run, and that
  //          one at a time does this.
  // Cost     The others finish their turns first, so for what is rare only.
  void haltOthers(Task task);

  // How many tasks of other shards wait to be taken in here, without what those had to spill. The
  // shard's own thread.
  [[nodiscard]] std::size_t postedCount() const;

  // True while tasks of other shards wait to be run here. The shard's own thread.
  [[nodiscard]] bool hasPosted() const;

  // The processor time this shard's thread has used; nothing before it runs. Any thread.
  [[nodiscard]] std::chrono::nanoseconds cpuTime() const;

 private:
  using TaskQueue = PairQueue<Task, 256>;

  void run(TurnHooks& hooks);
  void sleepUntilReady();
  void runPosted();
  void flushSpilled();
  void exchangeMarkers(const EventLoop& initiator);
  void standStill();
  void wake();

  ShardId id_;
  Poller poller_;
  MonoTime now_;
  TimerWheel wheel_;
  std::vector<EventLoop*> peers_;
  std::vector<std::unique_ptr<TaskQueue>> posted_by_;  // by sender; the receiver's end is ours
  PostedTasks posted_tasks_;
  std::vector<std::deque<Task>> spilled_to_;  // by target
  std::vector<char> to_wake_;                 // that were posted to in this turn
  bool more_posted_ = false;
  bool is_busy_ = false;                   // the last turn left work behind
  std::chrono::nanoseconds last_turn_{0};  // none if the shard has slept since
  EventLoop* halted_for_ = nullptr;        // who asked this shard to stand still
  std::size_t markers_ = 0;                // from others that are about to stand still too
  bool ran_late_ = false;                  // behind endTurn(): another turn must follow
  std::atomic<std::size_t> halted_{0};     // shards that stand still for this one
  std::atomic<std::uint32_t> resumed_{0};  // grows by one when they may go on
  std::atomic<bool> wake_requested_{false};
  std::atomic<bool> stopping_{false};
  clockid_t cpu_clock_{};  // of the thread, once has_clock_ says so
  std::atomic<bool> has_clock_{false};
  std::thread thread_;
};

}  // namespace gannet::net
