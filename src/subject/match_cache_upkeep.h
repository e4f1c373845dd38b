#pragma once

// The part of MatchCache that hits never reach: eviction, removal, and applying what changed.
// Included by match_cache.h alone, which declares it.

#include "subject/match_cache.h"

namespace gannet::subject {

// Evicts until `entries` of `bytes` together fit, or nothing is left.
template <class Plan>
void MatchCache<Plan>::makeRoom(std::size_t entries, std::size_t bytes) {
  while (!entries_.empty() &&
         (entries_.size() + entries > limits_.entries || entry_bytes_ + bytes > limits_.bytes)) {
    evictOne();
  }
}

// Second chance: what was used since the hand came by stays, but the hand looks at few entries, so
// that no single miss pays for all of them.
template <class Plan>
void MatchCache<Plan>::evictOne() {
  constexpr int kMaxLooks = 32;
  for (int looks = 0;; ++looks) {
    if (hand_ >= entries_.size()) hand_ = 0;  // round again, or the list has become shorter
    Entry& entry = *entries_[hand_];
    if (!entry.is_used || looks == kMaxLooks) {
      remove(entry);
      return;
    }
    entry.is_used = false;  // until it is used again, or the hand is back
    ++hand_;
  }
}

template <class Plan>
void MatchCache<Plan>::remove(Entry& entry) {
  table_.remove(entry, entry.hash);
  entry_bytes_ -= entry.bytes;
  // The last entry takes its place in the list.
  const std::size_t index = entry.index;
  entries_.back()->index = entry.index;
  std::swap(entries_[index], entries_.back());
  entries_.pop_back();
}

// A literal pattern concerns the one entry of its own name, which goes if it is older than the
// change. A wildcard may concern any: it is remembered, and isStillTrue() asks it. What fell out of
// the interest's own list of changes is unknown: then no entry made before it is trusted.
template <class Plan>
void MatchCache<Plan>::syncSlow() {
  const auto apply = [this](const Interest::Change& change) {
    if (change.is_literal) {
      Entry* const entry = lookUp(change.pattern, hashText(change.pattern, seed_));
      if (entry != nullptr && entry->version < change.version) remove(*entry);
      return;
    }
    if (wildcards_.size() == kMaxWildcards) {
      // Half at once, so that a change moves the others rarely.
      const auto end = wildcards_.begin() + kMaxWildcards / 2;
      forgotten_ = (end - 1)->version;
      wildcards_.erase(wildcards_.begin(), end);
    }
    wildcards_.push_back(change);
    newest_wildcard_ = change.version;
  };
  // More happened than the interest remembers.
  const auto lost = [this](std::uint64_t version) {
    wildcards_.clear();
    forgotten_ = version;
    newest_wildcard_ = version;
  };
  synced_ = interest_.changesSince(synced_, apply, lost);
}

}  // namespace gannet::subject
