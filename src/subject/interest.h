#pragma once

#include "subject/trie.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

namespace gannet::subject {

// What happened to one account's interest since the start.
struct InterestStats {
  std::uint64_t subscriptions = 0;  // now
  std::uint64_t inserts = 0;
  std::uint64_t removes = 0;
  std::uint64_t matches = 0;  // in the trie: what match caches answered is not among them
};

// One account's trie, shared by all shards, with a version and a ring of the latest changes by
// which each shard keeps its MatchCache true.
//
// Threads  Any, at any time. Receivers met under withMatch() and forEach() may belong to other
//          shards and be erased as soon as the callback returns: take from them what is needed.
// Cost     version(): one load of a line that only changes write. The rest: a lock, exclusive for
//          changes, shared for matches.
class Interest {
 public:
  // A change as the ring keeps it.
  struct Change {
    std::uint64_t version = 0;  // the interest's, once the change was made
    std::string pattern;
    bool is_literal = false;
  };

  // Changes that the ring holds: a shard that lets more pass forgets what it cached. At 10,000
  // changes a second that is a tenth of a second, hundreds of loop turns.
  static constexpr std::size_t kRingSize = 1024;

  // As Trie's. A match that begins after the return sees the change.
  Result<void, PatternError> insert(std::string_view pattern, std::string_view queue,
                                    Receiver& receiver);
  void erase(Receiver& receiver);

  // Gives a receiver to another shard, in its place. Who matched before may still take it for the
  // old one's: the caller sees to it that all shards stand still until their caches have caught up.
  void reassign(Receiver& receiver, ShardId shard);

  // Grows by one with every change. Whoever reads a version here sees in the ring and the trie
  // everything up to it.
  [[nodiscard]] std::uint64_t version() const { return version_.load(std::memory_order_acquire); }

  // Matches `subject` into `scratch` and calls use(const Match&, version) while the shared lock
  // keeps every receiver in place; returns what it returns. `use` may not change the interest.
  template <class F>
  auto withMatch(std::string_view subject, Match& scratch, F&& use) const {
    const std::shared_lock lock(mutex_);
    matches_.fetch_add(1, std::memory_order_relaxed);
    trie_.match(subject, scratch);
    return use(static_cast<const Match&>(scratch), version_.load(std::memory_order_relaxed));
  }

  // Calls use(Receiver&) for the member that Trie::member() finds, under the shared lock. False if
  // there is none.
  template <class F>
  bool withMember(std::string_view subject, std::string_view queue, std::uint64_t number,
                  Match& scratch, F&& use) const {
    const std::shared_lock lock(mutex_);
    Receiver* const found = trie_.member(subject, queue, number, scratch);
    if (found != nullptr) use(*found);
    return found != nullptr;
  }

  // Calls use(const Change&) for every change after `version`, oldest first, and returns the
  // version reached. If the ring has lost some of them, calls lost(version reached) instead, once.
  template <class F, class Lost>
  std::uint64_t changesSince(std::uint64_t version, F&& use, Lost&& lost) const {
    const std::shared_lock lock(mutex_);
    const std::uint64_t now = version_.load(std::memory_order_relaxed);
    if (now - version > ring_.size()) {
      lost(now);
      return now;
    }
    while (version < now)
      use(ring_[version++ % kRingSize]);
    return now;
  }

  // Whether anyone wants `subject`.
  [[nodiscard]] bool any(std::string_view subject) const;

  // Calls `f` for every receiver under the shared lock; patternOf() and queueOf() work there.
  void forEach(const std::function<void(const Receiver&)>& f) const;

  [[nodiscard]] InterestStats stats() const;

 private:
  void record(std::string&& pattern);

  // The version has a line of its own: what stands beside it is written by readers as well.
  alignas(64) std::atomic<std::uint64_t> version_{0};
  alignas(64) mutable std::shared_mutex mutex_;
  mutable std::atomic<std::uint64_t> matches_{0};
  Trie trie_;
  std::vector<Change> ring_;  // change number v is at (v - 1) % kRingSize
  std::uint64_t inserts_ = 0;
  std::uint64_t removes_ = 0;
};

}  // namespace gannet::subject
