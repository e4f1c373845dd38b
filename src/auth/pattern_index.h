#pragma once

#include "auth/permission_rules.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gannet::auth {

// A list of allowed or denied patterns, compiled: which of them cover a subject?
//
// Threads  Any: it never changes.
// Cost     A look-up allocates nothing and does not recurse. It visits the tokens of the subject
//          and one more path for each wildcard that fits: 50 to 100 ns. No node is visited twice,
//          so 1,024 patterns that differ in where they have a wildcard cost 35 us at worst.
// Spec     accounts-and-auth §12.1, §12.2
class PatternIndex {
 public:
  // Needs  isPattern() of each pattern and of each queue that is not empty; less than 4 GiB of
  // them.
  explicit PatternIndex(std::span<const RuleEntry> entries);

  // Whether an entry is found, and how many leading tokens of the subject were looked at to tell:
  // all subjects that begin with them, have no empty token and have as many tokens in all get the
  // same answer.
  struct Found {
    bool is_found = false;
    std::uint32_t decided = 0;
  };

  // Looks for an entry that covers `subject` and is without a queue or has one that covers `queue`;
  // an empty `queue` is covered by none. Wildcards in `subject` are literal tokens. A subject with
  // an empty token is covered by nothing, and all its tokens decide that.
  [[nodiscard]] Found find(std::string_view subject, std::string_view queue) const;

  // Whether one of the entries contains all that a receiver of `pattern`, in the group `queue`
  // unless that is empty, could get. As soon as an entry with a queue speaks of the pattern, only
  // entries with a queue count for groups.
  [[nodiscard]] bool admits(std::string_view pattern, std::string_view queue) const;

 private:
  // What ends at a node: entries with the same pattern.
  struct Leaf {
    bool is_plain = false;  // one of them has no queue
    std::vector<std::string> queues;

    [[nodiscard]] bool names(std::string_view queue) const;
  };

  // One token after those of its parents. Nodes refer to each other by position, 0 is the root.
  struct Node {
    std::uint32_t parent = 0;
    std::uint32_t star = 0;       // the child of `*`; 0: none
    std::uint32_t leaf = 0;       // in leaves_, of patterns that end here; 0: none
    std::uint32_t tail_leaf = 0;  // of those that go on with a final `>`
    std::uint32_t token_at = 0;   // in text_
    std::uint32_t token_size = 0;
    bool is_star = false;
    bool has_literals = false;  // among its children
  };

  // One place of the hash table of all literal children: open addressing, linear probing.
  struct Slot {
    std::uint32_t node = 0;  // 0: free
    std::uint32_t hash = 0;
  };

  // Where a look-up stands: at a node, and in the subject behind the tokens that led to it.
  struct Place {
    std::uint32_t node = 0;
    std::uint32_t depth = 0;
    std::size_t at = 0;  // where the next token begins; behind the subject's end: there is none
  };

  void insert(const RuleEntry& entry);
  std::uint32_t starOf(std::uint32_t parent);
  std::uint32_t literalOf(std::uint32_t parent, std::string_view token);
  Leaf& leafAt(std::uint32_t Node::*which, std::uint32_t node);
  [[nodiscard]] std::size_t slotOf(std::uint32_t parent, std::string_view token) const;
  [[nodiscard]] std::uint32_t below(const Place& place, std::string_view subject) const;
  [[nodiscard]] std::uint32_t climb(Place& place, std::string_view subject) const;
  template <class Visit>
  std::uint32_t walk(std::string_view subject, Visit&& visit) const;

  std::string text_;  // the literal tokens, one behind the other
  std::vector<Node> nodes_;
  std::vector<Leaf> leaves_;
  std::vector<Slot> slots_;  // a power of two, at most half full
};

}  // namespace gannet::auth
