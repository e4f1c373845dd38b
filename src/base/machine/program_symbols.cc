#include "base/machine/program_symbols.h"

#include <cstring>

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gannet {
namespace {

// Something of type T at an offset of the mapped file, which may lie at any address.
template <class T>
T readAt(const char* file, std::size_t offset) {
  T value;
  std::memcpy(&value, file + offset, sizeof value);
  return value;
}

bool isWithin(std::size_t offset, std::size_t size, std::size_t whole) {
  return offset <= whole && size <= whole - offset;
}

}  // namespace

ProgramSymbols::ProgramSymbols(const char* path) {
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;

  struct stat status {};

  const bool is_known = ::fstat(fd, &status) == 0;
  size_ = is_known ? static_cast<std::size_t>(status.st_size) : 0;
  void* const mapped = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd, 0);
  ::close(fd);
  if (mapped == MAP_FAILED || size_ < sizeof(ElfW(Ehdr))) return;
  file_ = static_cast<const char*>(mapped);
  const auto header = readAt<ElfW(Ehdr)>(file_, 0);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return;
  if (!isWithin(header.e_shoff, header.e_shnum * sizeof(ElfW(Shdr)), size_)) return;
  for (std::size_t i = 0; i < header.e_shnum; ++i) {
    const auto section = readAt<ElfW(Shdr)>(file_, header.e_shoff + i * sizeof(ElfW(Shdr)));
    if (section.sh_type != SHT_SYMTAB || section.sh_link >= header.e_shnum) continue;
    const auto names =
        readAt<ElfW(Shdr)>(file_, header.e_shoff + section.sh_link * sizeof(ElfW(Shdr)));
    if (!isWithin(section.sh_offset, section.sh_size, size_)) return;
    if (!isWithin(names.sh_offset, names.sh_size, size_) || names.sh_size == 0) return;
    if (file_[names.sh_offset + names.sh_size - 1] != '\0') return;  // every name has an end
    symbols_ = section.sh_offset;
    symbol_count_ = section.sh_size / sizeof(ElfW(Sym));
    names_ = names.sh_offset;
    names_size_ = names.sh_size;
  }
}

ProgramSymbols::Function ProgramSymbols::find(std::uintptr_t address) const {
  Function found;
  for (std::size_t i = 0; i < symbol_count_; ++i) {
    const auto symbol = readAt<ElfW(Sym)>(file_, symbols_ + i * sizeof(ElfW(Sym)));
    const bool is_function = (symbol.st_info & 0xF) == STT_FUNC && symbol.st_name < names_size_;
    if (!is_function || address < symbol.st_value) continue;
    if (address - symbol.st_value >= symbol.st_size) continue;
    found = {file_ + names_ + symbol.st_name, symbol.st_value};
    if (*found.name != '.') return found;  // else LTO's alias of one that is named elsewhere
  }
  return found;
}

}  // namespace gannet
