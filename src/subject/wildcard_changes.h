#pragma once

#include "subject/interest.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace gannet::subject {

// The latest wildcard changes of an interest, which may concern any entry of a cache. Entries ask
// the ones younger than themselves when they are looked up, so a change costs the same however many
// entries there are.
class WildcardChanges {
 public:
  // Asking one takes about 10 ns and a new plan about 500, so a longer list would cost more than it
  // saves.
  static constexpr std::size_t kMax = 64;

  // What is of this version or later has nothing to ask.
  [[nodiscard]] std::uint64_t newest() const { return newest_; }

  // Remembers a change that is younger than all others. What falls out of the list is unknown from
  // then on.
  void add(const Interest::Change& change) {
    if (changes_.size() == kMax) {
      // Half at once, so that a change moves the others rarely.
      const auto end = changes_.begin() + kMax / 2;
      forgotten_ = (end - 1)->version;
      changes_.erase(changes_.begin(), end);
    }
    changes_.push_back(change);
    newest_ = change.version;
  }

  // Changes up to `version` are unknown.
  void lose(std::uint64_t version) {
    clear();
    forgotten_ = version;
    newest_ = version;
  }

  // For a cache without entries: none of them is asked any more.
  void clear() { std::vector<Interest::Change>().swap(changes_); }

  // Whether concerns(pattern) is true of a change after `version`, or one of these is unknown.
  template <class Concerns>
  [[nodiscard]] bool concernSince(std::uint64_t version, Concerns&& concerns) const {
    if (version < forgotten_) return true;
    const auto decides =  // the youngest that concerns it, or the first that is no news
        std::find_if(changes_.rbegin(), changes_.rend(), [version, &concerns](const auto& change) {
          return change.version <= version || concerns(change.pattern);
        });
    return decides != changes_.rend() && decides->version > version;
  }

 private:
  std::vector<Interest::Change> changes_;  // oldest first
  std::uint64_t newest_ = 0;
  std::uint64_t forgotten_ = 0;  // what is older may have missed a change
};

}  // namespace gannet::subject
