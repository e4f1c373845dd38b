#include "subject/trie_node.h"

#include "base/assert.h"
#include "subject/hash.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace gannet::subject {
namespace {

std::uint32_t shortHash(std::string_view token, std::uint64_t seed) {
  return static_cast<std::uint32_t>(hashText(token, seed));
}

}  // namespace

ReceiverList::~ReceiverList() {
  if (capacity_ > 0) delete[] place_.many;
}

void ReceiverList::add(Receiver& receiver) {
  receiver.position_ = size_;
  if (size_ == 0 && capacity_ == 0) {
    place_.one = &receiver;
    size_ = 1;
    return;
  }
  if (size_ >= capacity_) resize(std::max<std::uint32_t>(2, size_ * 2));
  place_.many[size_++] = &receiver;
}

void ReceiverList::remove(Receiver& receiver) {
  GANNET_ASSERT(receiver.position_ < size_);
  --size_;
  if (capacity_ == 0) {
    place_.one = nullptr;
    return;
  }
  GANNET_ASSERT(place_.many[receiver.position_] == &receiver);
  Receiver* const last = place_.many[size_];
  place_.many[receiver.position_] = last;
  last->position_ = receiver.position_;
  if (size_ <= 1) {
    resize(0);
  } else if (size_ < capacity_ / 4) {
    resize(capacity_ / 2);
  }
}

// Capacity 0 keeps the first receiver, if there is one, in the list itself.
void ReceiverList::resize(std::uint32_t capacity) {
  Receiver** const many = capacity == 0 ? nullptr : new Receiver*[capacity];
  const auto old = all();
  Receiver* const first = size_ > 0 ? old.front() : nullptr;
  if (many != nullptr) std::copy(old.begin(), old.end(), many);
  if (capacity_ > 0) delete[] place_.many;
  if (many != nullptr) {
    place_.many = many;
  } else {
    place_.one = first;
  }
  capacity_ = capacity;
}

std::size_t NodeExtra::lowerBound(std::string_view name) const {
  const auto at = std::lower_bound(
      groups.begin(), groups.end(), name,
      [](const auto& group, std::string_view wanted) { return group->name < wanted; });
  return static_cast<std::size_t>(at - groups.begin());
}

TrieNode* TrieNode::find(std::string_view token, std::uint64_t seed) const {
  if (has_table) {
    return children.table->find(shortHash(token, seed),
                                [token](const TrieNode& child) { return child.token() == token; });
  }
  if (children.only != nullptr && children.only->token() == token) return children.only;
  return nullptr;
}

void TrieNode::addChild(TrieNode& child, std::uint64_t seed) {
  if (!hasLiteralChildren()) {
    children.only = &child;
    return;
  }
  if (!has_table) {
    auto table = std::make_unique<ChildTable>();
    table->add(*children.only, shortHash(children.only->token(), seed));
    children.table = table.release();
    has_table = true;
  }
  children.table->add(child, shortHash(child.token(), seed));
}

void TrieNode::removeChild(const TrieNode& child, std::uint64_t seed) {
  if (extra != nullptr && (extra->star == &child || extra->tail == &child)) {
    (extra->star == &child ? extra->star : extra->tail) = nullptr;
    dropEmptyExtra();
    return;
  }
  if (!has_table) {
    GANNET_ASSERT(children.only == &child);
    children.only = nullptr;
    return;
  }
  ChildTable* const table = children.table;
  table->remove(child, shortHash(child.token(), seed));
  if (table->size() > 1) return;
  table->forEach([this](TrieNode& last) { children.only = &last; });
  has_table = false;
  delete table;
}

NodeExtra& TrieNode::needExtra() {
  if (extra == nullptr) extra = std::make_unique<NodeExtra>();
  return *extra;
}

void TrieNode::dropEmptyExtra() {
  if (extra != nullptr && extra->empty()) extra.reset();
}

TrieNode* newNode(TrieNode* parent, std::string_view token) {
  void* const memory = ::operator new(sizeof(TrieNode) + token.size());
  auto* const node = new (memory) TrieNode;
  node->parent = parent;
  node->token_size = static_cast<std::uint32_t>(token.size());
  if (!token.empty()) std::memcpy(static_cast<void*>(node + 1), token.data(), token.size());
  return node;
}

void deleteNode(TrieNode* node) {
  if (node->has_table) delete node->children.table;
  node->~TrieNode();
  ::operator delete(node);
}

}  // namespace gannet::subject
