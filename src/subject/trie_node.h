#pragma once

#include "subject/probe_table.h"
#include "subject/receiver.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gannet::subject {

struct TrieNode;

// Receivers without order; each knows its position, so that leaving is a swap with the last. One
// lives in the list itself, more in an array that shrinks again.
//
// Cost  Adding and removing: constant, on average. 16 bytes for none or one.
class ReceiverList {
 public:
  ReceiverList() = default;
  ReceiverList(const ReceiverList&) = delete;
  ReceiverList& operator=(const ReceiverList&) = delete;
  ~ReceiverList();

  void add(Receiver& receiver);
  void remove(Receiver& receiver);

  [[nodiscard]] bool empty() const { return size_ == 0; }

  // In any order, and another one after each change, which also ends the span.
  [[nodiscard]] std::span<Receiver* const> all() const {
    return {capacity_ == 0 ? &place_.one : place_.many, size_};
  }

 private:
  void resize(std::uint32_t capacity);

  union {
    Receiver* one;    // null: none
    Receiver** many;  // owned
  } place_ = {nullptr};

  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = 0;  // 0: `one`
};

// The receivers of one pattern and queue name. Its address, node and name never change.
struct QueueGroup {
  TrieNode* node;
  std::string name;
  ReceiverList members;
};

// The literal children of a node with two or more, by shortened hash of their tokens. Three
// quarters full: there may be millions of these.
using ChildTable = ProbeTable<TrieNode, std::uint32_t, 3>;

// What most nodes lack: wildcard children and queue groups.
struct NodeExtra {
  TrieNode* star = nullptr;                         // of "*"
  TrieNode* tail = nullptr;                         // of ">"
  std::vector<std::unique_ptr<QueueGroup>> groups;  // sorted by name

  [[nodiscard]] bool empty() const { return star == nullptr && tail == nullptr && groups.empty(); }

  // Where the group of that name stands, or would.
  [[nodiscard]] std::size_t lowerBound(std::string_view name) const;
};

// One token of the stored patterns, after those of its parents. Its token follows the node in
// memory. Parent, token and address never change, so a receiver's pattern can be read while others
// are added and removed.
struct TrieNode {
  TrieNode* parent = nullptr;

  union {
    TrieNode* only;     // null: no child
    ChildTable* table;  // with `has_table`
  } children = {nullptr};

  ReceiverList plain;
  std::unique_ptr<NodeExtra> extra;
  std::uint32_t token_size = 0;
  bool has_table = false;

  [[nodiscard]] std::string_view token() const {
    return {reinterpret_cast<const char*>(this + 1), token_size};
  }

  [[nodiscard]] bool hasLiteralChildren() const { return has_table || children.only != nullptr; }

  // True where nothing is kept here or below: such a node is taken away.
  [[nodiscard]] bool empty() const {
    return !hasLiteralChildren() && plain.empty() && extra == nullptr;
  }

  // The literal child with that token, or null. `seed` is the trie's, for hashText().
  [[nodiscard]] TrieNode* find(std::string_view token, std::uint64_t seed) const;

  // Adds a literal child: its token is not here yet.
  void addChild(TrieNode& child, std::uint64_t seed);

  // Takes away a child of any kind.
  void removeChild(const TrieNode& child, std::uint64_t seed);

  // Makes `extra` where there is none; takes it away where it holds nothing.
  NodeExtra& needExtra();
  void dropEmptyExtra();

  // Calls `f` with every child, wildcards last. `f` changes nothing here.
  template <class F>
  void forEachChild(F&& f) const {
    if (has_table) {
      children.table->forEach(f);
    } else if (children.only != nullptr) {
      f(*children.only);
    }
    if (extra == nullptr) return;
    if (extra->star != nullptr) f(*extra->star);
    if (extra->tail != nullptr) f(*extra->tail);
  }
};

// A node without children or receivers. Freed by deleteNode(), which leaves children alone.
[[nodiscard]] TrieNode* newNode(TrieNode* parent, std::string_view token);
void deleteNode(TrieNode* node);

}  // namespace gannet::subject
