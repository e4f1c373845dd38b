#pragma once

#include "subject/trie.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace gannet::subject {

// Bounds of what match caches keep. A single plan above `bytes` is still kept, alone.
struct CacheLimits {
  std::size_t entries = 0;
  std::size_t bytes = 0;
};

// What a cache did since it was made, and what it holds now.
struct CacheStats {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;  // found nothing, or something out of date
  std::size_t entries = 0;
  std::size_t classes = 0;  // entries that serve a class of subjects
  std::size_t bytes = 0;
  std::size_t max_fan_out = 0;  // of the entries
  std::size_t total_fan_out = 0;

  [[nodiscard]] double avgFanOut() const {
    return entries == 0 ? 0 : static_cast<double>(total_fan_out) / static_cast<double>(entries);
  }
};

// The bounds that all match caches of one shard share, however many accounts there are.
//
// Room is made by second chance over the entries of all caches, one cache after the other: what was
// used since the hand came by stays, so each cache keeps what it uses, and one that holds much
// gives much.
//
// Threads  One shard.
// Cost     Constant, for a cache that comes or goes, and on average for an eviction: a cache that
//          holds nothing is not looked at.
class PlanBudget {
 public:
  // A cache, as its budget sees it.
  class Holder {
   public:
    Holder() = default;
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;
    virtual ~Holder() = default;

   private:
    friend class PlanBudget;

    // Goes on from where the last call ended, and evicts the first entry that was not used since
    // the last visit, or at which `looks`, which it counts down, is 0. False if it came to the end
    // before; the next call begins at the front.
    virtual bool evictOne(int& looks) = 0;

    // Drops the plan in the scratch place, by leaveScratch().
    virtual void dropScratch() = 0;

    Holder* next_ = nullptr;  // a ring of those that hold entries
    Holder* before_ = nullptr;
    std::size_t entries_ = 0;
  };

  explicit PlanBudget(CacheLimits limits) : limits_(limits) {}

  PlanBudget(const PlanBudget&) = delete;
  PlanBudget& operator=(const PlanBudget&) = delete;

  // All caches are gone.
  ~PlanBudget();

  // Evicts what is beyond the new limits at once.
  void setLimits(CacheLimits limits);

  // Gives back at least `bytes`, or everything; returns how many.
  std::size_t shrink(std::size_t bytes);

  // Memory held by all caches together, and their entries.
  [[nodiscard]] std::size_t bytes() const {
    return entry_bytes_ + scratch_bytes_ + seen_.capacity() * sizeof(Seen);
  }

  [[nodiscard]] std::size_t entries() const { return entries_; }

  // The rest is for the caches.

  // Whether one more entry of `bytes` fits.
  [[nodiscard]] bool hasRoom(std::size_t bytes) const {
    return entries_ < limits_.entries && entry_bytes_ + bytes <= limits_.bytes;
  }

  // Evicts until it fits, or nothing is left.
  void makeRoom(std::size_t bytes);

  // Counts an entry in, or out.
  void add(Holder& holder, std::size_t bytes);
  void remove(Holder& holder, std::size_t bytes);

  // Whether `key` was asked before, as far as that is remembered: for about as many other keys as
  // there are entries. False makes it remembered, true forgets it.
  bool wasAsked(std::uint64_t key);

  // There is one scratch place, for a plan that is not worth an eviction. The cache that had it
  // before drops its plan; leaveScratch() is for the cache that has it.
  void enterScratch(Holder& holder, std::size_t bytes);
  void leaveScratch();

  // Kept for its memory: what a match found, until the next match of any of the caches.
  [[nodiscard]] Match& match() { return match_; }

 private:
  // Of keys that were asked once: the latest first. Four in a set, so that the keys of a set rarely
  // push each other out.
  using Seen = std::array<std::uint32_t, 4>;

  void evictOne();
  void leaveRing(Holder& holder);

  CacheLimits limits_;
  std::size_t entries_ = 0;
  std::size_t entry_bytes_ = 0;
  std::size_t scratch_bytes_ = 0;
  Holder* hand_ = nullptr;     // of the clock: the cache that is asked next; null: all are empty
  Holder* scratch_ = nullptr;  // the cache that has the scratch place
  std::vector<Seen> seen_;     // a power of two; empty until the caches are full
  Match match_;
};

}  // namespace gannet::subject
