#pragma once

#include "base/assert.h"
#include "base/rng.h"
#include "subject/hash.h"
#include "subject/interest.h"
#include "subject/key_summary.h"
#include "subject/plan_budget.h"
#include "subject/probe_table.h"
#include "subject/wildcard_changes.h"

#include <algorithm>
#include <bit>
#include <memory>
#include <vector>

namespace gannet::subject {

// Whether a cache has plans for classes of subjects, and lets plans wait for their second use while
// its budget is full. Off: each plan is for one subject, and is kept from its first use.
enum class Classes : std::uint8_t { off, on };

// What a plan is made for.
struct PlanSubject {
  std::string_view text;  // the subject that was asked for
  bool is_class = false;  // the plan will serve others of its class: it must not render the text,
                          // nor depend on more than the tokens that decided and their number
};

// The tokens that decide a plan, where the match is all that it depends on.
struct DecidedByMatch {
  std::size_t operator()(std::string_view /*subject*/, const Match& match) const {
    return match.decided;
  }
};

// The plans that one shard has made from one interest; that nobody wants a subject is remembered as
// well. Plan gives its deliveries through fanOut() and its heap memory through bytes().
//
// A plan serves one subject. Or, where fewer tokens decided the match than the subject has, it
// serves its class: all subjects that share those tokens and have as many (SubjectClass). So a
// stream of replies, each to a subject of its own, hits. Subjects with an empty token are in none.
//
// What changed is applied by sync(). A change of a literal pattern drops the one entry of its name,
// and the classes that the name belongs to. Wildcard changes are kept in a short list, and each
// entry asks the ones younger than itself the next time it is looked up: a change costs the same
// however many entries there are. Those that concern no entry by their first tokens are forgotten.
//
// While the budget is full, a plan enters at its second use only: the one of the first use lies in
// the budget's scratch place. So subjects that occur once and share no class evict nothing.
//
// Threads  One shard. Only sync() and a miss touch the interest.
// Valid    A reference from find() holds until the next sync(), shrink(), or find() of another
//          subject, of any cache with the same budget. To remember a plan longer, remember epoch().
//          Receivers may be erased meanwhile: the plan goes on naming them until sync(), so they
//          must be freed later than that.
// Cost     A hit: one hash, one probe; of a class one pass over the subject, and a hash and a probe
//          for each depth at which there are classes. No allocation, no lock. sync() without news:
//          one load.
template <class Plan>
class MatchCache final : private PlanBudget::Holder {
 public:
  // Empty. `interest` and `budget` outlive the cache; changes made before this are none to it.
  MatchCache(const Interest& interest, PlanBudget& budget, Classes classes = Classes::off)
      : interest_(interest),
        budget_(budget),
        classes_(classes),
        seed_(randomSeed()),
        synced_(interest.version()) {}

  // With a budget of its own.
  MatchCache(const Interest& interest, CacheLimits limits, Classes classes = Classes::off)
      : interest_(interest),
        own_budget_(std::make_unique<PlanBudget>(limits)),
        budget_(*own_budget_),
        classes_(classes),
        seed_(randomSeed()),
        synced_(interest.version()) {}

  MatchCache(const MatchCache&) = delete;
  MatchCache& operator=(const MatchCache&) = delete;

  ~MatchCache() override { shrink(bytes()); }

  // Applies the changes that all shards made to the interest before the call.
  void sync() {
    if (interest_.version() != synced_) syncSlow();
  }

  // The plan for `subject`. After a miss, build(const PlanSubject&, const Match&) makes it under
  // the interest's shared lock; the entry is at least as young as the last sync(). Just before,
  // decided(subject, const Match&) tells how many leading tokens the plan depends on: never fewer
  // than Match::decided, and more if something else asks the subject, like a permission.
  template <class Build, class Decided = DecidedByMatch>
  Plan& find(std::string_view subject, Build&& build, Decided&& decided = {}) {
    Entry* const entry = exactOf(subject);
    if (entry != nullptr && isTrue(*entry)) return use(*entry);
    return findSlow(subject, entry, build, decided);
  }

  // A number that grows whenever a plan that was handed out may no longer be used: it was dropped,
  // or a wildcard changed that may concern it. It stays as it is while changes concern no entry, so
  // a plan and the epoch after its find() may be remembered together, through any number of sync().
  [[nodiscard]] std::uint64_t epoch() const { return epoch_; }

  // Gives back at least `bytes`, or everything; returns how many.
  std::size_t shrink(std::size_t bytes) {
    const std::size_t before = this->bytes();
    if (scratch_ != nullptr) dropScratch();
    int looks = 0;  // no second chance
    while (!entries_.empty() && before - this->bytes() < bytes)
      evictOne(looks);
    return before - this->bytes();
  }

  // Memory held.
  [[nodiscard]] std::size_t bytes() const {
    return entry_bytes_ + (scratch_ == nullptr ? 0 : scratch_->bytes);
  }

  // Cost  Reads every entry.
  [[nodiscard]] CacheStats stats() const {
    CacheStats stats{.hits = hits_,
                     .misses = misses_,
                     .entries = entries_.size(),
                     .classes = class_table_.size(),
                     .bytes = bytes()};
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
    std::string text;           // the subject, or the prefix of the class
    std::size_t bytes = 0;
    std::uint32_t index = 0;   // in entries_
    std::uint32_t tokens = 0;  // of the class; 0: the plan is for one subject
    bool is_used = false;      // since the clock hand passed
    Plan plan;

    [[nodiscard]] bool isClass() const { return tokens > 0; }

    // As a class: of no tokens, if it is for one subject.
    [[nodiscard]] SubjectClass key() const { return {text, tokens}; }

    [[nodiscard]] bool serves(std::string_view subject) const {
      if (!isClass()) return text == subject;
      return subject.substr(0, text.size()) == text && SubjectCuts(subject).tokens() == tokens;
    }

    [[nodiscard]] bool dependsOn(std::string_view pattern) const {
      return isClass() ? overlaps(pattern, key()) : matches(pattern, text);
    }
  };

  // Half full: most probes end at the first slot.
  using Table = ProbeTable<Entry, std::uint64_t, 2>;

  // An entry's share of the list and of the table, which has two to eight slots for each.
  static constexpr std::size_t kPlaceBytes = 64;

  // A hit, of whatever kind.
  Plan& use(Entry& entry) {
    ++hits_;
    entry.is_used = true;
    return entry.plan;
  }

  [[nodiscard]] std::uint64_t hashOf(const SubjectClass& key) const {
    constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15U;  // moves each number of tokens far away
    return hashText(key.prefix, seed_ + key.tokens * kOdd);
  }

  // The entry of one subject, or null.
  [[nodiscard]] Entry* exactOf(std::string_view subject) const {
    return exact_table_.find(hashText(subject, seed_),
                             [subject](const Entry& each) { return each.text == subject; });
  }

  // The entry of a class, or null.
  [[nodiscard]] Entry* classOf(const SubjectClass& key) const {
    return class_table_.find(hashOf(key), [&key](const Entry& each) {
      return each.tokens == key.tokens && each.text == key.prefix;
    });
  }

  // The first class of `subject` that accepts(Entry&) takes, or null. It may remove what it does
  // not take. Shallow depths come first, because their classes are the larger ones.
  template <class Accepts>
  Entry* firstClassOf(std::string_view subject, Accepts&& accepts) {
    if (summary_.depths() == 0) return nullptr;
    const SubjectCuts cuts(subject);
    for (std::uint32_t left = summary_.depths(); left != 0; left &= left - 1) {
      const auto depth = static_cast<std::size_t>(std::countr_zero(left));
      if (depth >= cuts.tokens()) return nullptr;
      Entry* const found = classOf(cuts.classAt(depth));
      if (found != nullptr && accepts(*found)) return found;
    }
    return nullptr;
  }

  // Whether the plan holds after all wildcard changes up to the last sync().
  bool isTrue(Entry& entry) const {
    return entry.version >= wildcards_.newest() || isStillTrue(entry);
  }

  // Never inlined, like findSlow(): what a hit does not reach shall not cost it a register.
  [[gnu::noinline]] bool isStillTrue(Entry& entry) const {
    const auto concerns = [&entry](std::string_view pattern) { return entry.dependsOn(pattern); };
    if (wildcards_.concernSince(entry.version, concerns)) return false;
    entry.version = std::max(entry.version, synced_);
    return true;
  }

  // No plan of the subject itself: one of its class, the one in the scratch place, or a new one.
  // `entry` is what was found but is out of date. Never inlined, or hits would set up its frame.
  template <class Build, class Decided>
  [[gnu::noinline]] Plan& findSlow(std::string_view subject, Entry* entry, Build& build,
                                   Decided& decided) {
    if (entry != nullptr) remove(*entry);
    Entry* const shared = firstClassOf(subject, [this](Entry& found) {
      if (isTrue(found)) return true;
      remove(found);
      return false;
    });
    if (shared != nullptr) return use(*shared);
    if (scratch_ != nullptr && scratch_->serves(subject)) return use(admitScratch());
    ++misses_;
    return keep(make(subject, build, decided)).plan;
  }

  // Matches, decides whether the plan is for a class, and has it built. The lock of the interest is
  // held meanwhile, so `build` may read receivers of other shards.
  template <class Build, class Decided>
  std::unique_ptr<Entry> make(std::string_view subject, Build& build, Decided& decided) {
    auto fresh = std::make_unique<Entry>();
    const auto fill = [&](const Match& match, std::uint64_t version) {
      fresh->text = subject;
      if (classes_ == Classes::on) {
        const std::size_t depth = decided(subject, match);
        GANNET_ASSERT(depth >= match.decided);
        const SubjectCuts cuts(subject);
        if (depth < cuts.tokens() && depth <= SubjectCuts::kMaxDepth) {
          fresh->text = cuts.classAt(depth).prefix;
          fresh->tokens = static_cast<std::uint32_t>(cuts.tokens());
        }
      }
      fresh->plan = build(PlanSubject{subject, fresh->isClass()}, match);
      fresh->version = version;
    };
    interest_.withMatch(subject, budget_.match(), fill);
    fresh->bytes = sizeof(Entry) + kPlaceBytes + fresh->text.capacity() + fresh->plan.bytes();
    return fresh;
  }

  // Into the tables if there is room, or if its key was asked before; else into the scratch place.
  Entry& keep(std::unique_ptr<Entry> fresh) {
    if (classes_ == Classes::on && !budget_.hasRoom(fresh->bytes) &&
        !budget_.wasAsked(hashOf(fresh->key()))) {
      budget_.enterScratch(*this, fresh->bytes);
      scratch_ = std::move(fresh);
      return *scratch_;
    }
    return admit(std::move(fresh));
  }

  // The plan is true, because each change was asked. It stays where it is, for callers that
  // remember it.
  Entry& admitScratch() {
    budget_.leaveScratch();
    return admit(std::move(scratch_));
  }

  // Evicts what it takes to make room, in whatever cache.
  Entry& admit(std::unique_ptr<Entry> entry) {
    GANNET_ASSERT((entry->isClass() ? classOf(entry->key()) : exactOf(entry->text)) == nullptr);
    budget_.makeRoom(entry->bytes);
    tableOf(*entry).add(*entry, hashOf(entry->key()));
    summary_.add(entry->key());
    entry->index = static_cast<std::uint32_t>(entries_.size());
    entry_bytes_ += entry->bytes;
    budget_.add(*this, entry->bytes);
    entries_.push_back(std::move(entry));
    if (summary_.isWorn()) summarize();
    return *entries_.back();
  }

  // From the tables, the list, and memory. Callers that remember its plan learn it by the epoch.
  void remove(Entry& entry) {
    tableOf(entry).remove(entry, hashOf(entry.key()));
    summary_.remove(entry.key());
    entry_bytes_ -= entry.bytes;
    budget_.remove(*this, entry.bytes);
    ++epoch_;
    // The last entry takes its place in the list.
    const std::size_t index = entry.index;
    entries_.back()->index = entry.index;
    std::swap(entries_[index], entries_.back());
    entries_.pop_back();
  }

  // Makes the summary anew, once it answers for more keys that are gone than for those that are
  // here: rarely enough to cost a constant for each entry that comes.
  void summarize() {
    summary_ = {};
    for (const auto& entry : entries_)
      summary_.add(entry->key());
  }

  Table& tableOf(const Entry& entry) { return entry.isClass() ? class_table_ : exact_table_; }

  void dropScratch() override {
    budget_.leaveScratch();
    scratch_.reset();
    ++epoch_;
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

  // The plan in the scratch place asks each change at once, the others are found by their keys or
  // ask later. A cache without plans has nothing to void, and does not even take the lock.
  void syncSlow() {
    if (entries_.empty() && scratch_ == nullptr) {
      wildcards_.clear();
      synced_ = interest_.version();
      return;
    }
    const auto apply = [this](const Interest::Change& change) {
      if (scratch_ != nullptr && isVoidedBy(change, *scratch_)) dropScratch();
      if (change.is_literal) {
        applyLiteral(change);
      } else if (summary_.mayConcern(change.pattern)) {
        wildcards_.add(change);
        ++epoch_;
      }
    };
    // More happened than the interest remembers.
    const auto lost = [this](std::uint64_t version) {
      if (scratch_ != nullptr) dropScratch();
      wildcards_.lose(version);
      ++epoch_;
    };
    synced_ = interest_.changesSince(synced_, apply, lost);
  }

  // A plan that was made after the change has seen it.
  static bool isVoidedBy(const Interest::Change& change, const Entry& entry) {
    return entry.version < change.version && entry.dependsOn(change.pattern);
  }

  // The entries that a pattern without wildcards concerns are found by their keys.
  void applyLiteral(const Interest::Change& change) {
    Entry* const entry = exactOf(change.pattern);
    if (entry != nullptr && entry->version < change.version) remove(*entry);
    firstClassOf(change.pattern, [this, &change](Entry& found) {
      if (found.version < change.version) remove(found);
      return false;  // on to the next depth
    });
  }

  const Interest& interest_;
  std::unique_ptr<PlanBudget> own_budget_;  // null: shared with others
  PlanBudget& budget_;
  Classes classes_;
  std::uint64_t seed_;  // of the hashes
  Table exact_table_;
  Table class_table_;
  KeySummary summary_;        // of the entries
  std::uint64_t synced_ = 0;  // every change up to this version is applied
  std::uint64_t hits_ = 0;
  std::uint64_t misses_ = 0;
  std::uint64_t epoch_ = 0;
  WildcardChanges wildcards_;
  std::vector<std::unique_ptr<Entry>> entries_;
  std::unique_ptr<Entry> scratch_;  // in no table; null: another cache's, or nobody's
  std::size_t entry_bytes_ = 0;     // of the entries, their plans included
  std::size_t hand_ = 0;            // of the clock, in entries_
};

}  // namespace gannet::subject
