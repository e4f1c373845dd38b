#pragma once

namespace gannet {

// Gives the pages that this thread's heap has freed back to the system. Without a call that happens
// only beside later allocations, so that an idle process keeps what its busiest hour needed.
//
// Cost  Up to some milliseconds after much was freed; little when there is nothing to give.
void trimHeap();

}  // namespace gannet
