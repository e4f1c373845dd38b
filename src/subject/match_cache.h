#pragma once

#include "base/rng.h"
#include "subject/hash.h"
#include "subject/interest.h"
#include "subject/probe_table.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gannet::subject {

// Bounds of one cache. A single plan above `bytes` is still kept, alone.
struct CacheLimits {
  std::size_t entries = 0;
  std::size_t bytes = 0;
};

// What a cache did since it was made, and what it holds now.
struct CacheStats {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;  // found nothing, or something out of date
  std::size_t entries = 0;
  std::size_t bytes = 0;
  std::size_t max_fan_out = 0;  // of the entries
  std::size_t total_fan_out = 0;

  [[nodiscard]] double avgFanOut() const {
    return entries == 0 ? 0 : static_cast<double>(total_fan_out) / static_cast<double>(entries);
  }
};

// The plans that one shard has made from one interest, by subject; subjects that nobody wants are
// remembered as well. Plan gives its deliveries through fanOut() and its heap memory through
// bytes().
//
// What changed is applied by sync(). A change of a literal pattern drops the one entry it concerns.
// Wildcard changes are kept in a short list, and each entry asks the ones younger than itself the
// next time it is looked up: a change costs the same however many entries there are.
//
// Threads  One shard. Only sync() and a miss touch the interest.
// Valid    A reference from find() holds until the next sync(), shrink(), setLimits(), or find()
//          that misses. Receivers may be erased meanwhile: the plan goes on naming them until
//          sync(), so whoever delivers through it frees them later than that.
// Cost     A hit: one hash, one probe, no allocation, no lock; sync() without news: one load.
template <class Plan>
class MatchCache {
 public:
  // Empty. `interest` outlives the cache; changes made before this are none to it.
  MatchCache(const Interest& interest, CacheLimits limits)
      : interest_(interest), seed_(randomSeed()), synced_(interest.version()), limits_(limits) {}

  // Applies the changes that all shards made to the interest before the call.
  void sync() {
    if (interest_.version() != synced_) syncSlow();
  }

  // The plan for `subject`. After a miss, build(subject, const Match&) makes it under the
  // interest's shared lock; the entry is at least as young as the last sync().
  template <class Build>
  Plan& find(std::string_view subject, Build&& build) {
    const std::uint64_t hash = hashText(subject, seed_);
    Entry* const entry = lookUp(subject, hash);
    if (entry != nullptr && (entry->version >= newest_wildcard_ || isStillTrue(*entry))) {
      ++hits_;
      entry->is_used = true;
      return entry->plan;
    }
    return findSlow(subject, hash, entry, build);
  }

  // Evicts what is beyond the new limits at once.
  void setLimits(CacheLimits limits) {
    limits_ = limits;
    makeRoom(0, 0);
  }

  // Gives back at least `bytes`, or everything; returns how many.
  std::size_t shrink(std::size_t bytes) {
    const std::size_t before = this->bytes();
    while (!entries_.empty() && before - this->bytes() < bytes)
      evictOne();
    return before > this->bytes() ? before - this->bytes() : 0;
  }

  // Memory held.
  [[nodiscard]] std::size_t bytes() const { return entry_bytes_ + entries_.size() * kPlaceBytes; }

  // Cost  Reads every entry.
  [[nodiscard]] CacheStats stats() const {
    CacheStats stats{
        .hits = hits_, .misses = misses_, .entries = entries_.size(), .bytes = bytes()};
    for (const auto& entry : entries_) {
      const std::size_t fan_out = entry->plan.fanOut();
      stats.max_fan_out = std::max(stats.max_fan_out, fan_out);
      stats.total_fan_out += fan_out;
    }
    return stats;
  }

  // Wildcard changes that an entry may have to ask. Asking one takes about 10 ns and a new plan
  // about 500, so a longer list would cost more than it saves.
  static constexpr std::size_t kMaxWildcards = 64;

 private:
  // An entry's share of the list and of the table, which has two to eight slots for each.
  static constexpr std::size_t kPlaceBytes = 64;

  struct Entry {
    std::uint64_t hash = 0;
    std::uint64_t version = 0;  // of the interest, up to which the plan is known to be true
    std::string subject;
    std::size_t bytes = 0;
    std::uint32_t index = 0;  // in entries_
    bool is_used = false;     // since the clock hand passed
    Plan plan;
  };

  // Null if there is none.
  [[nodiscard]] Entry* lookUp(std::string_view subject, std::uint64_t hash) const {
    return table_.find(hash, [subject](const Entry& each) { return each.subject == subject; });
  }

  // Asks the wildcard changes that are younger than the entry.
  bool isStillTrue(Entry& entry) const {
    if (entry.version < forgotten_) return false;
    const auto decides =  // the youngest that matches, or the first that is no news
        std::find_if(wildcards_.rbegin(), wildcards_.rend(), [&entry](const auto& change) {
          return change.version <= entry.version || matches(change.pattern, entry.subject);
        });
    if (decides != wildcards_.rend() && decides->version > entry.version) return false;
    entry.version = std::max(entry.version, synced_);
    return true;
  }

  // A miss: makes the plan, and room for it. `entry` is what was found but is out of date.
  template <class Build>
  Plan& findSlow(std::string_view subject, std::uint64_t hash, Entry* entry, Build& build) {
    ++misses_;
    if (entry != nullptr) remove(*entry);
    auto fresh = std::make_unique<Entry>();
    fresh->hash = hash;
    fresh->subject = subject;
    interest_.withMatch(subject, match_, [&](const Match& match, std::uint64_t version) {
      fresh->plan = build(subject, match);
      fresh->version = version;
    });
    fresh->bytes = sizeof(Entry) + fresh->subject.capacity() + fresh->plan.bytes();
    makeRoom(1, fresh->bytes);
    return add(std::move(fresh));
  }

  // There is room for it, and no entry of its subject.
  Plan& add(std::unique_ptr<Entry> entry) {
    entry->index = static_cast<std::uint32_t>(entries_.size());
    table_.add(*entry, entry->hash);
    entry_bytes_ += entry->bytes;
    return entries_.emplace_back(std::move(entry))->plan;
  }

  // In match_cache_upkeep.h.
  void makeRoom(std::size_t entries, std::size_t bytes);
  void evictOne();
  void remove(Entry& entry);
  void syncSlow();

  const Interest& interest_;
  std::uint64_t seed_;                         // of the hashes
  ProbeTable<Entry, std::uint64_t, 2> table_;  // half full: most probes end at the first slot
  std::uint64_t synced_ = 0;                   // every change up to this version is applied
  std::uint64_t newest_wildcard_ = 0;          // entries of this version or later are true
  std::uint64_t forgotten_ = 0;                // older entries may have missed a change
  std::uint64_t hits_ = 0;
  std::uint64_t misses_ = 0;
  std::vector<Interest::Change> wildcards_;  // oldest first
  std::vector<std::unique_ptr<Entry>> entries_;
  std::size_t entry_bytes_ = 0;  // of the entries, their plans included
  std::size_t hand_ = 0;         // of the clock that chooses what to evict
  CacheLimits limits_;
  Match match_;  // kept for its memory
};

}  // namespace gannet::subject

#include "subject/match_cache_upkeep.h"
