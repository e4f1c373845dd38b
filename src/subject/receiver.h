#pragma once

#include "base/shard_id.h"

#include <cstdint>

namespace gannet::subject {

struct TrieNode;
struct QueueGroup;

// Whoever wants messages derives from this. It holds its own place in the trie, so that leaving
// costs the same whatever the number of others, and stores no text: patternOf() and queueOf() read
// the trie's.
//
// Threads  `shard` is set before the insert, then by Interest::reassign(). The rest belongs to the
//          trie.
// Owns     Nothing, and is owned by nobody here: it stays at its address, and alive, from insert()
//          to erase().
struct Receiver {
  Receiver() = default;
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;
  ~Receiver() = default;

  ShardId shard = 0;

 private:
  friend class Trie;
  friend class ReceiverList;
  friend const TrieNode* nodeOf(const Receiver& receiver);
  friend const QueueGroup* groupOf(const Receiver& receiver);

  bool in_group_ = false;       // which of the two `home_` is
  std::uint32_t position_ = 0;  // in the list of its node or group

  union {
    TrieNode* node;  // null: in no trie
    QueueGroup* group;
  } home_ = {nullptr};
};

static_assert(sizeof(Receiver) <= 24);

}  // namespace gannet::subject
