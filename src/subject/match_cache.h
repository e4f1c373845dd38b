#pragma once

#include "base/assert.h"
#include "base/rng.h"
#include "subject/hash.h"
#include "subject/interest.h"
#include "subject/plan_budget.h"
#include "subject/probe_table.h"
#include "subject/wildcard_changes.h"

#include <algorithm>
#include <memory>
#include <vector>

namespace gannet::subject {

// The plans that one shard has made from one interest; that nobody wants a subject is remembered as
// well. Plan gives its deliveries through fanOut() and its heap memory through bytes().
//
// What changed is applied by sync(). A change of a literal pattern drops the one entry of its name.
// Wildcard changes are kept in a short list, and each entry asks the ones younger than itself the
// next time it is looked up: a change costs the same however many entries there are.
//
// Threads  One shard. Only sync() and a miss touch the interest.
// Valid    A reference from find() holds until the next sync(), shrink(), or find() of another
//          subject, of any cache with the same budget. Receivers may be erased meanwhile: the plan
//          goes on naming them until sync(), so they must be freed later than that.
// Cost     A hit: one hash, one probe, no allocation, no lock; sync() without news: one load.
template <class Plan>
class MatchCache final : private PlanBudget::Holder {
 public:
  // Empty. `interest` and `budget` outlive the cache; changes made before this are none to it.
  MatchCache(const Interest& interest, PlanBudget& budget)
      : interest_(interest), budget_(budget), seed_(randomSeed()), synced_(interest.version()) {}

  // With a budget of its own.
  MatchCache(const Interest& interest, CacheLimits limits)
      : interest_(interest),
        own_budget_(std::make_unique<PlanBudget>(limits)),
        budget_(*own_budget_),
        seed_(randomSeed()),
        synced_(interest.version()) {}

  MatchCache(const MatchCache&) = delete;
  MatchCache& operator=(const MatchCache&) = delete;

  ~MatchCache() override { shrink(bytes()); }

  // Applies the changes that all shards made to the interest before the call.
  void sync() {
    if (interest_.version() != synced_) syncSlow();
  }

  // The plan for `subject`. After a miss, build(subject, const Match&) makes it under the
  // interest's shared lock; the entry is at least as young as the last sync().
  template <class Build>
  Plan& find(std::string_view subject, Build&& build) {
    Entry* const entry = lookUp(subject);
    if (entry != nullptr && isTrue(*entry)) return use(*entry);
    return findSlow(subject, entry, build);
  }

  // Gives back at least `bytes`, or everything; returns how many.
  std::size_t shrink(std::size_t bytes) {
    const std::size_t before = this->bytes();
    int looks = 0;  // no second chance
    while (!entries_.empty() && before - this->bytes() < bytes)
      evictOne(looks);
    return before - this->bytes();
  }

  // Memory held, with a share of the tables.
  [[nodiscard]] std::size_t bytes() const { return entry_bytes_; }

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

 private:
  struct Entry {
    std::uint64_t version = 0;  // of the interest, up to which the plan is known to be true
    std::string subject;
    std::size_t bytes = 0;
    std::uint32_t index = 0;  // in entries_
    bool is_used = false;     // since the clock hand passed
    Plan plan;
  };

  // An entry's share of the list and of the table, which has two to eight slots for each.
  static constexpr std::size_t kPlaceBytes = 64;

  // A hit.
  Plan& use(Entry& entry) {
    ++hits_;
    entry.is_used = true;
    return entry.plan;
  }

  // Null if there is none.
  [[nodiscard]] Entry* lookUp(std::string_view subject) const {
    return table_.find(hashText(subject, seed_),
                       [subject](const Entry& each) { return each.subject == subject; });
  }

  // Whether the plan holds after all wildcard changes up to the last sync().
  bool isTrue(Entry& entry) const {
    return entry.version >= wildcards_.newest() || isStillTrue(entry);
  }

  // Never inlined, like findSlow(): what a hit does not reach shall not cost it a register.
  [[gnu::noinline]] bool isStillTrue(Entry& entry) const {
    const auto concerns = [&entry](std::string_view pattern) {
      return matches(pattern, entry.subject);
    };
    if (wildcards_.concernSince(entry.version, concerns)) return false;
    entry.version = std::max(entry.version, synced_);
    return true;
  }

  // A miss: makes the plan, and room for it. `entry` is what was found but is out of date. Never
  // inlined, or hits would set up its frame.
  template <class Build>
  [[gnu::noinline]] Plan& findSlow(std::string_view subject, Entry* entry, Build& build) {
    if (entry != nullptr) remove(*entry);
    ++misses_;
    auto fresh = std::make_unique<Entry>();
    fresh->subject = subject;
    const auto fill = [&](const Match& match, std::uint64_t version) {
      fresh->plan = build(subject, match);
      fresh->version = version;
    };
    interest_.withMatch(subject, budget_.match(), fill);
    fresh->bytes = sizeof(Entry) + kPlaceBytes + fresh->subject.capacity() + fresh->plan.bytes();
    return admit(std::move(fresh)).plan;
  }

  // Evicts what it takes to make room, in whatever cache.
  Entry& admit(std::unique_ptr<Entry> entry) {
    GANNET_ASSERT(lookUp(entry->subject) == nullptr);
    budget_.makeRoom(entry->bytes);
    table_.add(*entry, hashText(entry->subject, seed_));
    entry->index = static_cast<std::uint32_t>(entries_.size());
    entry_bytes_ += entry->bytes;
    budget_.add(*this, entry->bytes);
    entries_.push_back(std::move(entry));
    return *entries_.back();
  }

  // From the table, the list, and memory.
  void remove(Entry& entry) {
    table_.remove(entry, hashText(entry.subject, seed_));
    entry_bytes_ -= entry.bytes;
    budget_.remove(*this, entry.bytes);
    // The last entry takes its place in the list.
    const std::size_t index = entry.index;
    entries_.back()->index = entry.index;
    std::swap(entries_[index], entries_.back());
    entries_.pop_back();
  }

  // The clock of PlanBudget, over this cache's entries. Not looked at by hits, but for `is_used`.
  bool evictOne(int& looks) override {
    for (; hand_ < entries_.size(); ++hand_) {
      Entry& entry = *entries_[hand_];
      if (!entry.is_used || looks-- <= 0) {
        remove(entry);
        ++hand_;  // past what took its place, often the youngest of all
        return true;
      }
      entry.is_used = false;  // until it is used again, or the hand is back
    }
    hand_ = 0;
    return false;
  }

  // A cache without plans has nothing to void, and does not even take the lock.
  void syncSlow() {
    if (entries_.empty()) {
      wildcards_.clear();
      synced_ = interest_.version();
      return;
    }
    const auto apply = [this](const Interest::Change& change) {
      if (change.is_literal) {
        applyLiteral(change);
      } else {
        wildcards_.add(change);
      }
    };
    // More happened than the interest remembers.
    const auto lost = [this](std::uint64_t version) { wildcards_.lose(version); };
    synced_ = interest_.changesSince(synced_, apply, lost);
  }

  // The one entry that a pattern without wildcards concerns, unless it was made after the change
  // and has seen it.
  void applyLiteral(const Interest::Change& change) {
    Entry* const entry = lookUp(change.pattern);
    if (entry != nullptr && entry->version < change.version) remove(*entry);
  }

  // Hits read the seed, the table, and what the youngest wildcard is; the rest is upkeep.
  const Interest& interest_;
  std::unique_ptr<PlanBudget> own_budget_;  // null: shared with others
  PlanBudget& budget_;
  std::uint64_t seed_;                         // of the hashes
  ProbeTable<Entry, std::uint64_t, 2> table_;  // half full: most probes end at the first slot
  std::uint64_t synced_ = 0;                   // every change up to this version is applied
  std::uint64_t hits_ = 0;
  std::uint64_t misses_ = 0;
  WildcardChanges wildcards_;
  std::vector<std::unique_ptr<Entry>> entries_;
  std::size_t entry_bytes_ = 0;  // of the entries, their plans included
  std::size_t hand_ = 0;         // of the clock, in entries_
};

}  // namespace gannet::subject
