#include "base/buffer.h"

#include <new>

namespace gannet {

Buffer* Buffer::create(std::size_t capacity) {
  void* memory = ::operator new(sizeof(Buffer) + capacity);
  return new (memory) Buffer(capacity);
}

void Buffer::release() {
  if (count_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  this->~Buffer();
  ::operator delete(this);
}

}  // namespace gannet
