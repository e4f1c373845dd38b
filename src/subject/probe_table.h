#pragma once

#include "base/assert.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace gannet::subject {

// Pointers by hash: open addressing and linear probing, with the hash beside the pointer, so that a
// probe that misses reads no item. At most `Quarters` quarters of the slots are taken.
//
// Owns  No items; they stay at their addresses while they are in it.
// Cost  Constant on average, and no allocation in find(). 16 bytes a slot; it shrinks again.
template <class Item, class Hash, std::size_t Quarters>
class ProbeTable {
 public:
  // The item with that hash of which same(const Item&) is true, or null. Ends at the first free
  // slot, of which there always is one.
  template <class Same>
  [[nodiscard]] Item* find(Hash hash, Same&& same) const {
    // Plain locals, because this loop is most of what a hit in a match cache costs.
    const std::size_t mask = slots_.size() - 1;
    const Slot* const slots = slots_.data();
    for (std::size_t i = hash & mask; slots[i].item != nullptr; i = (i + 1) & mask) {
      if (slots[i].hash == hash && same(*slots[i].item)) return slots[i].item;
    }
    return nullptr;
  }

  // `item` is not in the table yet, and has the hash by which it will be looked for.
  void add(Item& item, Hash hash) {
    if ((size_ + 1) * 4 > slots_.size() * Quarters) {
      resize(std::max(kMinSlots, slots_.size() * 2));
    }
    place({&item, hash});
    ++size_;
  }

  // `item` is in the table. Leaves no tombstone: what follows in the run moves back where its own
  // hash allows it, so that a probe can go on ending at the first free slot.
  //
  //   slot    | 3       | 4       | 5       | 6    |
  //   before  | a (3)   | b (3)   | c (5)   | free |   in brackets: the slot of its hash
  //   after a | b (3)   | free    | c (5)   | free |
  void remove(const Item& item, Hash hash) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t hole = hash & mask;
    while (slots_[hole].item != &item) {
      GANNET_ASSERT(slots_[hole].item != nullptr);
      hole = (hole + 1) & mask;
    }
    for (std::size_t i = (hole + 1) & mask; slots_[i].item != nullptr; i = (i + 1) & mask) {
      // Its own slot is at or before the hole, counted round the end of the table.
      if (((i - slots_[i].hash) & mask) >= ((i - hole) & mask)) {
        slots_[hole] = slots_[i];
        hole = i;
      }
    }
    slots_[hole] = {};
    --size_;
    // Far below the load at which it grows, so that coming and going at a limit moves nothing.
    if (size_ == 0) {
      resize(1);
    } else if (slots_.size() > kMinSlots && size_ < slots_.size() / 8) {
      resize(slots_.size() / 4);
    }
  }

  // The number of items.
  [[nodiscard]] std::size_t size() const { return size_; }

  // Calls `f` with every item, in no particular order. `f` does not change the table.
  template <class F>
  void forEach(F&& f) const {
    for (const Slot& slot : slots_) {
      if (slot.item != nullptr) f(*slot.item);
    }
  }

 private:
  // 16 bytes, so four in a cache line: a probe that goes on mostly stays in it.
  struct Slot {
    Item* item = nullptr;  // null: free
    Hash hash = 0;
  };

  static constexpr std::size_t kMinSlots = 4;  // for a node of the trie with its second child

  // Takes the first free slot from the hash's own on.
  void place(Slot slot) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t i = slot.hash & mask;
    while (slots_[i].item != nullptr)
      i = (i + 1) & mask;
    slots_[i] = slot;
  }

  // To a power of two with room for all items.
  void resize(std::size_t slots) {
    std::vector<Slot> old(slots);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.item != nullptr) place(slot);
    }
  }

  std::vector<Slot> slots_ = std::vector<Slot>(1);  // a power of two
  std::size_t size_ = 0;
};

}  // namespace gannet::subject
