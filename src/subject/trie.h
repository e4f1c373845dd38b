#pragma once

#include "base/result.h"
#include "subject/receiver.h"
#include "subject/tokens.h"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gannet::subject {

// The members of all matching queue groups of one name. One of them gets the message.
struct QueueMatch {
  std::string_view name;
  std::span<Receiver* const> members;
};

// Everyone who gets a message on one subject. Reused from match to match, it stops allocating once
// its buffers have grown.
//
// Owns     Nothing: pointers, names and members hold until the trie or this Match changes.
struct Match {
  std::vector<Receiver*> plain;
  std::vector<QueueMatch> queues;

  // How many leading tokens of the subject decided all this: the tokens behind them were compared
  // with nothing. So each subject that has the same first `decided` tokens, and the same number of
  // tokens, none of them empty, has the same match.
  //
  // It is 1 + the depth of the deepest node that was visited with a token left and has literal
  // children, and 0 if there is none. A comparison that failed counts, because another token might
  // have succeeded; so do nodes reached through `*`. A subject with an empty token is matched as a
  // whole: `decided` is then no smaller than its number of tokens.
  std::size_t decided = 0;

  [[nodiscard]] bool empty() const { return plain.empty() && queues.empty(); }

 private:
  friend class Trie;

  struct Branch {
    const TrieNode* node;
    std::size_t at;     // where the next token of the subject starts
    std::size_t depth;  // of the node: the tokens before that one
  };

  std::vector<Branch> branches_;
  std::vector<const QueueGroup*> groups_;
  std::vector<Receiver*> merged_;  // members of groups that were met under several patterns
};

// The pattern and the queue name under which a receiver was inserted; an empty queue is a plain
// one, an empty pattern a receiver in no trie.
// Threads  The receiver's owner may call them while others change the trie: they read only what
//          stays the same as long as the receiver is in it.
[[nodiscard]] std::string patternOf(const Receiver& receiver);
[[nodiscard]] std::string queueOf(const Receiver& receiver);

// The interest of one account: who wants which subjects.
//
// A receiver is added under a pattern and found by every subject that the pattern matches. All
// receivers of one queue name that match a subject, under whatever patterns, form one group, of
// which a delivery picks one.
//
// Threads  Any; callers lock (Interest does), shared for const members.
// Cost     match: O(tokens x wildcard branches met + receivers found), whatever the number of
//          patterns stored. One pattern alone: about 110 bytes for each token it shares with none.
//          Nothing recurses, so a subject of thousands of tokens is as safe as a short one.
// Spec     client-protocol §5.3, §9.2
class Trie {
 public:
  Trie();
  Trie(const Trie&) = delete;
  Trie& operator=(const Trie&) = delete;

  // Forgets the receivers that are still in it; they may be gone already.
  ~Trie();

  // Adds `receiver`, which is in no trie, under `pattern`; an empty `queue` means a plain one.
  // Errors leave the trie as it was.
  Result<void, PatternError> insert(std::string_view pattern, std::string_view queue,
                                    Receiver& receiver);

  // Takes the receiver out, and with it the nodes that nobody else needs. Nothing happens if it is
  // in no trie.
  // Cost  O(1) in receivers and patterns; a queue group's last member also moves the pointers of
  //       the groups of its pattern.
  void erase(Receiver& receiver);

  // Puts everyone who gets a message on `subject` into `out`, in no particular order, and how many
  // tokens decided it. A subject with an empty token has no receivers; wildcard tokens in it are
  // literal.
  void match(std::string_view subject, Match& out) const;

  // Of the members of all groups named `queue` that match `subject`, the one with that number,
  // counted round and round; null if there is none. `scratch` loses what it held.
  // Cost  As match(), whatever the number of members.
  [[nodiscard]] Receiver* member(std::string_view subject, std::string_view queue,
                                 std::uint64_t number, Match& scratch) const;

  // Whether match() would find anyone.
  [[nodiscard]] bool any(std::string_view subject) const;

  // Calls `f` for every receiver, in no particular order.
  void forEach(const std::function<void(const Receiver&)>& f) const;

  // The number of receivers, and of nodes, the root included.
  [[nodiscard]] std::size_t size() const { return size_; }

  [[nodiscard]] std::size_t nodes() const { return nodes_; }

 private:
  template <class Visit>
  std::size_t walk(std::string_view subject, std::vector<Match::Branch>& branches,
                   Visit&& visit) const;
  TrieNode* nodeFor(std::string_view pattern);
  TrieNode* childFor(TrieNode& node, std::string_view token);
  void prune(TrieNode* node);
  static QueueGroup& groupFor(TrieNode& node, std::string_view queue);
  static void leaveGroup(QueueGroup& group, Receiver& receiver);
  static void mergeGroups(Match& out);

  std::uint64_t seed_;  // of the tables' hashes
  TrieNode* root_;
  std::size_t size_ = 0;
  std::size_t nodes_ = 1;
};

}  // namespace gannet::subject
