#include "base/machine/heap.h"

// Of mimalloc. Sanitizer builds and tests run on another allocator: there it is null.
extern "C" __attribute__((weak)) void mi_collect(bool force) noexcept;

namespace gannet {

void trimHeap() {
  if (mi_collect != nullptr) mi_collect(true);
}

}  // namespace gannet
