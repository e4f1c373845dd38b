#include "base/log/repeat.h"

#include <gtest/gtest.h>

#include <string>

namespace gannet::log {
namespace {

using std::chrono::milliseconds;

TEST(RepeatFilter, AdmitsATextOnceASecond) {  // config-and-cli §7.6
  RepeatFilter filter;
  const MonoTime start{};

  EXPECT_TRUE(filter.admit("a", start));
  EXPECT_FALSE(filter.admit("a", start));
  EXPECT_FALSE(filter.admit("a", start + milliseconds(999)));
  EXPECT_TRUE(filter.admit("a", start + milliseconds(1000)));
  EXPECT_FALSE(filter.admit("a", start + milliseconds(1999)));
}

TEST(RepeatFilter, TellsTextsApart) {
  RepeatFilter filter;

  EXPECT_TRUE(filter.admit("a", MonoTime{}));
  EXPECT_TRUE(filter.admit("b", MonoTime{}));
  EXPECT_FALSE(filter.admit("a", MonoTime{}));
}

TEST(RepeatFilter, ForgetsOldTextsBeforeFreshOnesWhenFull) {
  RepeatFilter filter;
  const MonoTime later = MonoTime{} + milliseconds(1000);
  for (std::size_t i = 0; i < RepeatFilter::kMaxTexts - 1; ++i) {
    filter.admit(std::to_string(i), MonoTime{});
  }
  filter.admit("fresh", later);

  EXPECT_TRUE(filter.admit("one more", later));

  EXPECT_FALSE(filter.admit("fresh", later));
}

TEST(RepeatFilter, StaysBoundedWhenEveryTextIsFresh) {
  RepeatFilter filter;
  for (std::size_t i = 0; i < RepeatFilter::kMaxTexts; ++i) {
    EXPECT_TRUE(filter.admit(std::to_string(i), MonoTime{}));
  }

  EXPECT_TRUE(filter.admit("one more", MonoTime{}));

  EXPECT_TRUE(filter.admit("0", MonoTime{}));
}

}  // namespace
}  // namespace gannet::log
