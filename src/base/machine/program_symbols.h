#pragma once

#include <cstddef>
#include <cstdint>

namespace gannet {

// The names of the functions of this program, as its file has them: the whole symbol table, so that
// the linker need not export anything for the sake of a backtrace.
//
// Threads  One. Async-signal-safe: the file is mapped and read where it lies, for good.
// Cost     find() looks at every symbol.
class ProgramSymbols {
 public:
  // A function, by its mangled name.
  struct Function {
    const char* name = nullptr;  // null: none is known
    std::uintptr_t begin = 0;
  };

  // Without a file that can be read, or with one that was stripped, nothing is found.
  explicit ProgramSymbols(const char* path = "/proc/self/exe");

  // The function at an address as the file counts them: from where the program was loaded.
  [[nodiscard]] Function find(std::uintptr_t address) const;

 private:
  const char* file_ = nullptr;
  std::size_t size_ = 0;
  std::size_t symbols_ = 0;  // offsets in the file, and counts
  std::size_t symbol_count_ = 0;
  std::size_t names_ = 0;
  std::size_t names_size_ = 0;
};

}  // namespace gannet
