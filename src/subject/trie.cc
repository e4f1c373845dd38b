// A tree with one level a token. A node holds the receivers whose pattern ends there; its literal
// children are one pointer, or a hash table from the second child on; its `*` and `>` children and
// its queue groups stand apart, because few nodes have any.
//
// Matching keeps a list of branches still to follow, at most two a level: the literal child is
// followed at once, the `*` child put on the list, the `>` child is a result. Each node is met at
// most once, so thousands of overlapping wildcards cost no more than the nodes that match.
//
// Queue groups are met under several patterns rarely. Only then are they sorted and merged;
// otherwise a match refers to the members where they are.

#include "subject/trie.h"

#include "base/assert.h"
#include "base/rng.h"
#include "subject/trie_node.h"

#include <algorithm>
#include <memory>

namespace gannet::subject {

const QueueGroup* groupOf(const Receiver& receiver) {
  return receiver.in_group_ ? receiver.home_.group : nullptr;
}

const TrieNode* nodeOf(const Receiver& receiver) {
  return receiver.in_group_ ? receiver.home_.group->node : receiver.home_.node;
}

std::string patternOf(const Receiver& receiver) {
  std::vector<const TrieNode*> path;
  for (const TrieNode* node = nodeOf(receiver); node != nullptr && node->parent != nullptr;
       node = node->parent) {
    path.push_back(node);
  }
  std::reverse(path.begin(), path.end());
  std::string pattern;
  for (const TrieNode* const node : path) {
    if (!pattern.empty()) pattern += '.';
    pattern += node->token();
  }
  return pattern;
}

std::string queueOf(const Receiver& receiver) {
  const QueueGroup* const group = groupOf(receiver);
  return group == nullptr ? std::string() : group->name;
}

Trie::Trie() : seed_(randomSeed()), root_(newNode(nullptr, "")) {}

Trie::~Trie() {
  std::vector<TrieNode*> left{root_};
  while (!left.empty()) {
    TrieNode* const node = left.back();
    left.pop_back();
    node->forEachChild([&left](TrieNode& child) { left.push_back(&child); });
    deleteNode(node);
  }
}

Result<void, PatternError> Trie::insert(std::string_view pattern, std::string_view queue,
                                        Receiver& receiver) {
  const auto valid = checkPattern(pattern);
  if (!valid) return valid.error();
  GANNET_ASSERT(nodeOf(receiver) == nullptr);

  TrieNode* const node = nodeFor(pattern);
  if (queue.empty()) {
    node->plain.add(receiver);
    receiver.home_.node = node;
  } else {
    QueueGroup& group = groupFor(*node, queue);
    group.members.add(receiver);
    receiver.home_.group = &group;
    receiver.in_group_ = true;
  }
  ++size_;
  return {};
}

TrieNode* Trie::nodeFor(std::string_view pattern) {
  TrieNode* node = root_;
  TokenReader tokens(pattern);
  std::string_view token;
  while (tokens.next(token))
    node = childFor(*node, token);
  return node;
}

TrieNode* Trie::childFor(TrieNode& node, std::string_view token) {
  if (token == "*" || token == ">") {
    NodeExtra& extra = node.needExtra();
    TrieNode*& child = token == "*" ? extra.star : extra.tail;
    if (child == nullptr) {
      child = newNode(&node, token);
      ++nodes_;
    }
    return child;
  }
  if (TrieNode* const found = node.find(token, seed_)) return found;
  TrieNode* const child = newNode(&node, token);
  node.addChild(*child, seed_);
  ++nodes_;
  return child;
}

QueueGroup& Trie::groupFor(TrieNode& node, std::string_view queue) {
  auto& groups = node.needExtra().groups;
  const std::size_t at = node.extra->lowerBound(queue);
  if (at < groups.size() && groups[at]->name == queue) return *groups[at];
  auto group = std::make_unique<QueueGroup>();
  group->node = &node;
  group->name = queue;
  return **groups.insert(groups.begin() + static_cast<std::ptrdiff_t>(at), std::move(group));
}

void Trie::erase(Receiver& receiver) {
  // Only the member of the union that was written last may be read, and `in_group_` says which.
  QueueGroup* const group = receiver.in_group_ ? receiver.home_.group : nullptr;
  GANNET_ASSERT(!receiver.in_group_ || group != nullptr);  // a receiver in no trie is in no group
  TrieNode* const node = group != nullptr ? group->node : receiver.home_.node;
  if (node == nullptr) return;
  if (group != nullptr) {
    leaveGroup(*group, receiver);
  } else {
    node->plain.remove(receiver);
  }
  receiver.home_.node = nullptr;
  receiver.in_group_ = false;
  --size_;
  prune(node);
}

// The last member takes the group with it.
void Trie::leaveGroup(QueueGroup& group, Receiver& receiver) {
  group.members.remove(receiver);
  if (!group.members.empty()) return;
  TrieNode& node = *group.node;
  auto& groups = node.extra->groups;
  const std::size_t at = node.extra->lowerBound(group.name);
  GANNET_ASSERT(groups[at].get() == &group);
  groups.erase(groups.begin() + static_cast<std::ptrdiff_t>(at));
  node.dropEmptyExtra();
}

void Trie::prune(TrieNode* node) {
  while (node->parent != nullptr && node->empty()) {
    TrieNode* const parent = node->parent;
    parent->removeChild(*node, seed_);
    deleteNode(node);
    --nodes_;
    node = parent;
  }
}

// Calls `visit` for each node whose pattern matches, until it returns false. Returns how many
// leading tokens were compared, as Match::decided counts them.
template <class Visit>
std::size_t Trie::walk(std::string_view subject, std::vector<Match::Branch>& branches,
                       Visit&& visit) const {
  branches.clear();
  if (!hasOnlyTokens(subject)) return subject.size() + 1;  // at least its tokens
  std::size_t decided = 0;
  const TrieNode* node = root_;
  std::size_t at = 0;
  std::size_t depth = 0;
  for (;;) {
    while (node != nullptr && at <= subject.size()) {
      const std::size_t dot = std::min(subject.find('.', at), subject.size());
      if (const NodeExtra* const extra = node->extra.get()) {
        if (extra->tail != nullptr && !visit(*extra->tail)) return decided;
        if (extra->star != nullptr) branches.push_back({extra->star, dot + 1, depth + 1});
      }
      ++depth;
      if (node->hasLiteralChildren()) decided = std::max(decided, depth);
      node = node->find(subject.substr(at, dot - at), seed_);
      at = dot + 1;
    }
    if (node != nullptr && !visit(*node)) return decided;
    if (branches.empty()) return decided;
    node = branches.back().node;
    at = branches.back().at;
    depth = branches.back().depth;
    branches.pop_back();
  }
}

void Trie::match(std::string_view subject, Match& out) const {
  out.plain.clear();
  out.queues.clear();
  out.groups_.clear();
  bool is_mixed = false;
  out.decided = walk(subject, out.branches_, [&out, &is_mixed](const TrieNode& node) {
    const auto plain = node.plain.all();
    out.plain.insert(out.plain.end(), plain.begin(), plain.end());
    if (node.extra != nullptr && !node.extra->groups.empty()) {
      is_mixed = !out.groups_.empty();
      for (const auto& group : node.extra->groups)
        out.groups_.push_back(group.get());
    }
    return true;
  });
  if (is_mixed) {
    mergeGroups(out);
    return;
  }
  for (const QueueGroup* const group : out.groups_) {
    out.queues.push_back({group->name, group->members.all()});
  }
}

void Trie::mergeGroups(Match& out) {
  std::sort(out.groups_.begin(), out.groups_.end(),
            [](const QueueGroup* a, const QueueGroup* b) { return a->name < b->name; });
  std::size_t total = 0;
  for (const QueueGroup* const group : out.groups_)
    total += group->members.all().size();
  out.merged_.clear();
  out.merged_.reserve(total);  // the spans below need it to stay where it is
  for (const QueueGroup* const group : out.groups_) {
    const auto members = group->members.all();
    Receiver* const* const end = out.merged_.data() + out.merged_.size();
    out.merged_.insert(out.merged_.end(), members.begin(), members.end());
    if (!out.queues.empty() && out.queues.back().name == group->name) {
      QueueMatch& queue = out.queues.back();
      queue.members = {queue.members.data(), queue.members.size() + members.size()};
    } else {
      out.queues.push_back({group->name, {end, members.size()}});
    }
  }
}

Receiver* Trie::member(std::string_view subject, std::string_view queue, std::uint64_t number,
                       Match& scratch) const {
  scratch.groups_.clear();
  std::size_t total = 0;
  walk(subject, scratch.branches_, [&](const TrieNode& node) {
    if (node.extra == nullptr) return true;
    const auto& groups = node.extra->groups;
    const std::size_t at = node.extra->lowerBound(queue);
    if (at == groups.size() || groups[at]->name != queue) return true;
    scratch.groups_.push_back(groups[at].get());
    total += groups[at]->members.all().size();
    return true;
  });
  if (total == 0) return nullptr;
  std::size_t left = number % total;
  for (const QueueGroup* const group : scratch.groups_) {
    const auto members = group->members.all();
    if (left < members.size()) return members[left];
    left -= members.size();
  }
  GANNET_ASSERT(false);
  return nullptr;
}

bool Trie::any(std::string_view subject) const {
  std::vector<Match::Branch> branches;
  bool found = false;
  walk(subject, branches, [&found](const TrieNode& node) {
    found = !node.plain.empty() || (node.extra != nullptr && !node.extra->groups.empty());
    return !found;
  });
  return found;
}

void Trie::forEach(const std::function<void(const Receiver&)>& f) const {
  std::vector<const TrieNode*> left{root_};
  while (!left.empty()) {
    const TrieNode* const node = left.back();
    left.pop_back();
    for (const Receiver* const receiver : node->plain.all())
      f(*receiver);
    if (node->extra != nullptr) {
      for (const auto& group : node->extra->groups) {
        for (const Receiver* const receiver : group->members.all())
          f(*receiver);
      }
    }
    node->forEachChild([&left](const TrieNode& child) { left.push_back(&child); });
  }
}

}  // namespace gannet::subject
