#include "base/machine/program_symbols.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include <link.h>

namespace gannet {
namespace {

[[gnu::noinline]] void aFunctionOfThisFile() {
  asm volatile("nop\n nop\n nop");  // more than one byte in every build
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
  const auto found = symbols.find(begin + 1);
  ASSERT_NE(found.name, nullptr);
  EXPECT_NE(std::string_view(found.name).find("aFunctionOfThisFile"), std::string_view::npos);
  EXPECT_EQ(found.begin, begin);
  EXPECT_EQ(symbols.find(begin).name, found.name);
  EXPECT_EQ(symbols.find(0).name, nullptr);
  EXPECT_EQ(symbols.find(UINTPTR_MAX).name, nullptr);
}

// True if nothing is found in a file with these bytes.
bool isEmptyOf(const std::string& bytes) {
  const auto path = std::filesystem::path(::testing::TempDir()) / "program_symbols_test";
  std::ofstream(path, std::ios::binary) << bytes;
  const bool is_empty = ProgramSymbols(path.c_str()).find(16).name == nullptr;
  std::filesystem::remove(path);
  return is_empty;
}

TEST(ProgramSymbols, FindNothingInWhatIsNoProgramOrIsCutOff) {
  EXPECT_EQ(ProgramSymbols("/nonexistent").find(16).name, nullptr);
  std::stringstream program;
  program << std::ifstream("/proc/self/exe", std::ios::binary).rdbuf();
  for (const std::size_t size : {0U, 3U, 63U, 64U, 5000U})
    EXPECT_TRUE(isEmptyOf(program.str().substr(0, size))) << size;
  EXPECT_TRUE(isEmptyOf(std::string(10000, 'x')));
}

}  // namespace
}  // namespace gannet
