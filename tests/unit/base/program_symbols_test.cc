#include "base/machine/program_symbols.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <link.h>

namespace gannet {
namespace {

[[gnu::noinline]] void aFunctionOfThisFile() {
  asm volatile("");
}

std::uintptr_t loadedAt() {
  std::uintptr_t at = 0;
  ::dl_iterate_phdr(
      [](dl_phdr_info* module, std::size_t, void* into) {
        *static_cast<std::uintptr_t*>(into) = module->dlpi_addr;
        return 1;
      },
      &at);
  return at;
}

TEST(ProgramSymbols, KnowTheFunctionThatAnAddressIsIn) {
  const ProgramSymbols symbols;
  const auto begin = reinterpret_cast<std::uintptr_t>(&aFunctionOfThisFile) - loadedAt();
  for (const std::uintptr_t address : {begin, begin + 1}) {
    const auto found = symbols.find(address);
    ASSERT_NE(found.name, nullptr);
    EXPECT_NE(std::string_view(found.name).find("aFunctionOfThisFile"), std::string_view::npos);
    EXPECT_EQ(found.begin, begin);
  }
  EXPECT_EQ(symbols.find(0).name, nullptr);
  EXPECT_EQ(symbols.find(UINTPTR_MAX).name, nullptr);
}

TEST(ProgramSymbols, FindNothingInWhatIsNoProgramOrIsCutOff) {
  EXPECT_EQ(ProgramSymbols("/nonexistent").find(16).name, nullptr);
  const auto path = std::filesystem::path(::testing::TempDir()) / "program_symbols_test";
  for (const std::uintmax_t size : {0U, 3U, 63U, 64U, 5000U}) {
    std::filesystem::copy_file("/proc/self/exe", path,
                               std::filesystem::copy_options::overwrite_existing);
    std::filesystem::resize_file(path, size);
    EXPECT_EQ(ProgramSymbols(path.c_str()).find(16).name, nullptr) << size;
  }
  std::ofstream(path) << std::string(10000, 'x');
  EXPECT_EQ(ProgramSymbols(path.c_str()).find(16).name, nullptr);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace gannet
