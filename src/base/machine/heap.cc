#include "base/machine/heap.h"

#include <mimalloc.h>

// Sanitizer builds and tests run on another allocator: there these are null.
#pragma weak mi_collect
#pragma weak mi_option_set_default

namespace gannet {

void giveFreedMemoryBack() {
  if (mi_option_set_default != nullptr) mi_option_set_default(mi_option_decommit_delay, 0);
}

void trimHeap() {
  if (mi_collect != nullptr) mi_collect(true);
}

}  // namespace gannet
