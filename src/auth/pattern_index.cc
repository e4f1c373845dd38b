#include "auth/pattern_index.h"

#include "base/assert.h"
#include "subject/hash.h"
#include "subject/tokens.h"

#include <algorithm>
#include <bit>
#include <limits>

// A trie of tokens in three arrays. Its literal children are in one hash table, under their parent
// and their token, so that a thousand siblings cost as much as one.
//
// A look-up goes down depth first, into the literal child before the one of `*`. It needs no stack:
// where it finds no way on, it climbs to the nearest node that was entered as a literal child and
// has a sibling under `*`, and finds the token there by its dot. Since every node has one parent,
// none is visited twice.

namespace gannet::auth {
namespace {

constexpr std::string_view kStar = "*";
constexpr std::string_view kTail = ">";
constexpr std::uint32_t kRoot = 0;
constexpr std::uint32_t kNone = 0;

std::uint32_t hashOf(std::uint32_t parent, std::string_view token) {
  // Nothing that a client sends is stored, so collisions cannot be made and the seed is no secret.
  return static_cast<std::uint32_t>(subject::hashText(token, parent));
}

std::uint32_t tokenCount(std::string_view subject) {
  return static_cast<std::uint32_t>(std::count(subject.begin(), subject.end(), '.')) + 1;
}

// Where the token ends that begins at `at`.
std::size_t endOfToken(std::string_view subject, std::size_t at) {
  return std::min(subject.find('.', at), subject.size());
}

bool endsInTail(std::string_view pattern) {
  return pattern == kTail || pattern.ends_with(".>");
}

}  // namespace

bool PatternIndex::Leaf::names(std::string_view queue) const {
  return std::any_of(queues.begin(), queues.end(),
                     [queue](const std::string& named) { return subject::isSubset(queue, named); });
}

PatternIndex::PatternIndex(std::span<const RuleEntry> entries) : nodes_(1), leaves_(1) {
  std::size_t tokens = 0;
  for (const RuleEntry& entry : entries)
    tokens += tokenCount(entry.pattern);
  slots_.resize(std::bit_ceil(2 * tokens + 1));
  for (const RuleEntry& entry : entries)
    insert(entry);
}

void PatternIndex::insert(const RuleEntry& entry) {
  GANNET_ASSERT(subject::isPattern(entry.pattern));
  GANNET_ASSERT(entry.queue.empty() || subject::isPattern(entry.queue));
  std::uint32_t node = kRoot;
  std::uint32_t Node::*which = &Node::leaf;
  subject::TokenReader tokens(entry.pattern);
  std::string_view token;
  while (tokens.next(token)) {
    if (token == kTail) {
      which = &Node::tail_leaf;
    } else {
      node = token == kStar ? starOf(node) : literalOf(node, token);
    }
  }
  Leaf& leaf = leafAt(which, node);
  if (entry.queue.empty()) {
    leaf.is_plain = true;
  } else {
    leaf.queues.emplace_back(entry.queue);
  }
}

std::uint32_t PatternIndex::starOf(std::uint32_t parent) {
  if (nodes_[parent].star == kNone) {
    nodes_[parent].star = static_cast<std::uint32_t>(nodes_.size());
    nodes_.emplace_back().parent = parent;
    nodes_.back().is_star = true;
  }
  return nodes_[parent].star;
}

std::uint32_t PatternIndex::literalOf(std::uint32_t parent, std::string_view token) {
  Slot& slot = slots_[slotOf(parent, token)];
  if (slot.node == kNone) {
    GANNET_ASSERT(text_.size() + token.size() <= std::numeric_limits<std::uint32_t>::max());
    slot = {.node = static_cast<std::uint32_t>(nodes_.size()), .hash = hashOf(parent, token)};
    nodes_[parent].has_literals = true;
    Node& node = nodes_.emplace_back();
    node.parent = parent;
    node.token_at = static_cast<std::uint32_t>(text_.size());
    node.token_size = static_cast<std::uint32_t>(token.size());
    text_.append(token);
  }
  return slot.node;
}

PatternIndex::Leaf& PatternIndex::leafAt(std::uint32_t Node::*which, std::uint32_t node) {
  std::uint32_t& at = nodes_[node].*which;
  if (at == kNone) {
    at = static_cast<std::uint32_t>(leaves_.size());
    leaves_.emplace_back();
  }
  return leaves_[at];
}

// Where the literal child stands, or would.
std::size_t PatternIndex::slotOf(std::uint32_t parent, std::string_view token) const {
  const std::uint32_t hash = hashOf(parent, token);
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  while (slots_[at].node != kNone) {
    const Node& node = nodes_[slots_[at].node];
    if (slots_[at].hash == hash && node.parent == parent &&
        std::string_view(text_).substr(node.token_at, node.token_size) == token) {
      break;
    }
    at = (at + 1) & mask;
  }
  return at;
}

// The child that the next token leads to, the literal one before that of `*`.
std::uint32_t PatternIndex::below(const Place& place, std::string_view subject) const {
  const Node& node = nodes_[place.node];
  if (!node.has_literals) return node.star;
  const std::string_view token = subject.substr(place.at, endOfToken(subject, place.at) - place.at);
  const std::uint32_t literal = slots_[slotOf(place.node, token)].node;
  return literal != kNone ? literal : node.star;
}

// Climbs to where `*` has not been tried yet; returns its node there, or none at the root.
std::uint32_t PatternIndex::climb(Place& place, std::string_view subject) const {
  std::uint32_t star = kNone;
  while (star == kNone && place.node != kRoot) {
    const Node& left = nodes_[place.node];
    place.node = left.parent;
    --place.depth;
    // `at` is one behind the dot or the end that the token to be left stands before.
    place.at = subject.rfind('.', place.at - 2) + 1;
    if (!left.is_star) star = nodes_[place.node].star;
  }
  return star;
}

// Calls `visit` with what ends at each node under which `subject` falls, and with that node if it
// is one of the subject's last token, until it returns true. Returns how many leading tokens were
// compared with one of the index; a comparison that fails decides as well.
template <class Visit>
std::uint32_t PatternIndex::walk(std::string_view subject, Visit&& visit) const {
  std::uint32_t decided = 0;
  Place place;
  while (true) {
    const Node& node = nodes_[place.node];
    std::uint32_t next = kNone;
    if (place.at > subject.size()) {
      if (node.leaf != kNone && visit(leaves_[node.leaf], &node)) return decided;
    } else {
      if (node.tail_leaf != kNone && visit(leaves_[node.tail_leaf], nullptr)) return decided;
      if (node.has_literals) decided = std::max(decided, place.depth + 1);
      next = below(place, subject);
    }
    if (next == kNone) next = climb(place, subject);
    if (next == kNone) return decided;
    place = {.node = next, .depth = place.depth + 1, .at = endOfToken(subject, place.at) + 1};
  }
}

PatternIndex::Found PatternIndex::find(std::string_view subject, std::string_view queue) const {
  if (!subject::hasOnlyTokens(subject)) return {.is_found = false, .decided = tokenCount(subject)};
  Found found;
  found.decided = walk(subject, [&](const Leaf& leaf, const Node* /*last*/) {
    found.is_found = leaf.is_plain || (!queue.empty() && leaf.names(queue));
    return found.is_found;
  });
  return found;
}

bool PatternIndex::admits(std::string_view pattern, std::string_view queue) const {
  if (!subject::hasOnlyTokens(pattern)) return false;
  const bool is_tailed = endsInTail(pattern);
  bool is_plain = false;
  bool is_named = false;
  bool speaks_of_queues = false;
  walk(pattern, [&](const Leaf& leaf, const Node* last) {
    // The pattern was walked as a subject, in which a final `>` is a token that `*` covers. Such an
    // entry does not contain the pattern; that it speaks of queues still counts, or a group could
    // get by a plain entry what an entry with queues keeps from it.
    const bool contains = !(is_tailed && last != nullptr && last->is_star);
    is_plain = is_plain || (contains && leaf.is_plain);
    if (!queue.empty() && !leaf.queues.empty()) {
      speaks_of_queues = true;
      is_named = is_named || (contains && leaf.names(queue));
    }
    return false;
  });
  return speaks_of_queues ? is_named : is_plain;
}

}  // namespace gannet::auth
