#pragma once

#include "base/assert.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gannet {

// Names objects by numbers that other threads may keep: a slot is used again, but then with another
// generation, so that the name of what is gone finds nothing.
//
// Owns  Nothing: the caller removes an object before it is destroyed.
// Cost  Constant. 16 bytes for each object that ever was there at one time.
//
// Threads  One.
template <class T>
class SlotTable {
 public:
  // Never equal for two objects, whenever they were there.
  struct Name {
    std::uint32_t slot = 0;
    std::uint32_t generation = 0;  // 0: of nothing
  };

  // Names `object` until it is removed.
  [[nodiscard]] Name add(T& object) {
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(entries_.size()));
      entries_.emplace_back();
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    Entry& entry = entries_[slot];
    GANNET_ASSERT(entry.object == nullptr);
    entry.object = &object;
    return {slot, ++entry.generation};
  }

  // The object of that name. Null if it was removed.
  [[nodiscard]] T* find(Name name) const {
    if (name.slot >= entries_.size()) return nullptr;
    const Entry& entry = entries_[name.slot];
    return entry.generation == name.generation ? entry.object : nullptr;
  }

  // Frees the slot. Needs  a name of what is there.
  void remove(Name name) {
    GANNET_ASSERT(find(name) != nullptr);
    entries_[name.slot].object = nullptr;
    free_.push_back(name.slot);
  }

 private:
  // A generation counts the objects that the slot has held.
  struct Entry {
    T* object = nullptr;
    std::uint32_t generation = 0;
  };

  std::vector<Entry> entries_;
  std::vector<std::uint32_t> free_;
};

}  // namespace gannet
