#include "bench/token_counter.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace gannet::bench {
namespace {

TEST(TokenCounter, CountsInThirtySixDigits) {
  TokenCounter counter;
  EXPECT_EQ(counter.token(), "00000000");
  for (int i = 0; i < 35; ++i)
    counter.advance();
  EXPECT_EQ(counter.token(), "0000000z");
  counter.advance();
  EXPECT_EQ(counter.token(), "00000010");
  for (int i = 36; i < 36 * 36; ++i)
    counter.advance();
  EXPECT_EQ(counter.token(), "00000100");
}

TEST(TokenCounter, NeverRepeatsAmongTheParts) {
  std::set<std::string> seen;
  for (std::size_t part = 0; part < 400; ++part) {
    TokenCounter counter(part, 400);
    for (int i = 0; i < 100; ++i, counter.advance())
      seen.insert(std::string(counter.token()));
  }

  EXPECT_EQ(seen.size(), 40'000U);
}

TEST(TokenCounter, BeginsAgainBehindItsLastToken) {
  TokenCounter counter(35, 36);
  EXPECT_EQ(counter.token(), "z0000000");
  counter = TokenCounter(2'821'109'907'455, 2'821'109'907'456);
  EXPECT_EQ(counter.token(), "zzzzzzzz");
  counter.advance();
  EXPECT_EQ(counter.token(), "00000000");
}

}  // namespace
}  // namespace gannet::bench
