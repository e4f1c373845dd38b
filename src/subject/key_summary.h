#pragma once

#include "subject/tokens.h"

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gannet::subject {

// What the keys of a match cache have in common, so that most questions about all entries are
// answered without a look at any: at which depths there are classes, and which first tokens.
//
// A key is a class, or a subject as a class of no tokens.
//
// Cost  Constant in the number of keys; add() and mayConcern() hash two tokens.
class KeySummary {
 public:
  void add(const SubjectClass& key);
  void remove(const SubjectClass& key);

  // Bit n: there are classes with n tokens in their prefix.
  [[nodiscard]] std::uint32_t depths() const { return depths_; }

  // Whether a pattern with a wildcard may match a subject of some key. A Bloom filter on the
  // first two tokens: it never says no wrongly, and yes the more often the more keys there are.
  // Needs  isPattern(pattern).
  [[nodiscard]] bool mayConcern(std::string_view pattern) const;

  // Keys that were removed go on being answered for: whether they outweigh those that are left.
  // Then make a new summary of these.
  [[nodiscard]] bool isWorn() const { return added_ > 2 * keys_ + kMinWear; }

 private:
  static constexpr std::size_t kBits = 1024;
  static constexpr std::size_t kMinWear = 64;

  std::uint32_t depths_ = 0;
  std::size_t keys_ = 0;
  std::size_t added_ = 0;
  bool has_all_ = false;           // a class without a prefix is among them
  std::bitset<kBits> beginnings_;  // by hash of a first token, of two, or of one that leaves the
                                   // second one open
  std::array<std::uint32_t, SubjectCuts::kMaxDepth + 1> classes_{};  // by depth
};

}  // namespace gannet::subject
