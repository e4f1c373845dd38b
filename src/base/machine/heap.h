#pragma once

namespace gannet {

// Makes the heap give what is freed back to the system at once, unless the environment says how
// long to wait (MIMALLOC_DECOMMIT_DELAY). Otherwise that happens only beside later calls for the
// same part of the heap, so that an idle process keeps what its busiest hour needed. Whoever needs
// large blocks again and again keeps some: ChunkPool, SpareBuffers. Once, before there are threads.
void giveFreedMemoryBack();

// Takes in what other threads freed of this thread's heap, and gives its free pages back.
//
// Cost  Up to some milliseconds after much was freed; little when there is nothing to give.
void trimHeap();

}  // namespace gannet
