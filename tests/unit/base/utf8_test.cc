#include "base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace gannet {
namespace {

bool isScalar(char32_t value) {
  return value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
}

TEST(Utf8, ReadsBackEveryCharacterThatIsWritten) {
  for (char32_t value = 0; value <= 0x10FFFF; ++value) {
    if (!isScalar(value)) continue;
    std::string text;
    appendRune(text, value);
    const Rune rune = decodeRune(text + "x");
    ASSERT_TRUE(rune.valid) << static_cast<std::uint32_t>(value);
    ASSERT_EQ(rune.value, value);
    ASSERT_EQ(rune.size, text.size()) << static_cast<std::uint32_t>(value);
    ASSERT_EQ(text.size(), value < 0x80 ? 1U : value < 0x800 ? 2U : value < 0x10000 ? 3U : 4U);
  }
}

TEST(Utf8, TakesWhatIsNoCharacterOneByteAtATime) {
  for (const std::string_view text :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2x", "\xe0\x80\x80", "\xe0\x9f\xbf",
        "\xe1\x80", "\xe1\x80x", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x80\x80\x80",
        "\xf0\x8f\xbf\xbf", "\xf1\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff",
        "\xfe"}) {
    const Rune rune = decodeRune(text);
    EXPECT_FALSE(rune.valid) << testing::PrintToString(std::string(text));
    EXPECT_EQ(rune.size, 1);
    EXPECT_EQ(rune.value, static_cast<unsigned char>(text[0]));
  }
}

// Every sequence of up to three bytes either is what appendRune() writes, or is no character.
TEST(Utf8, AcceptsTheShortestFormOnly) {
  for (std::uint32_t bytes = 0; bytes < 1U << 24U; bytes += 7) {
    const char text[] = {static_cast<char>(bytes >> 16U), static_cast<char>(bytes >> 8U),
                         static_cast<char>(bytes)};
    const Rune rune = decodeRune({text, 3});
    if (!rune.valid) continue;
    std::string again;
    appendRune(again, rune.value);
    ASSERT_EQ(again, std::string(text, rune.size)) << bytes;
  }
}

}  // namespace
}  // namespace gannet
