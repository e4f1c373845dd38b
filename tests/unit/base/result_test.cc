#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace gannet {
namespace {

enum class Fault { broken = 1, lost };

Result<int, Fault> parse(int value) {
  if (value < 0) return Fault::lost;
  return value;
}

TEST(Result, IsAValueOrAnError) {
  const auto good = parse(7);
  ASSERT_TRUE(good.has_value());
  EXPECT_EQ(*good, 7);

  const auto bad = parse(-1);
  ASSERT_TRUE(bad.has_error());
  EXPECT_FALSE(static_cast<bool>(bad));
  EXPECT_EQ(bad.error(), Fault::lost);
}

TEST(Result, TakesAStringAsTheValueThoughItCouldBeAnError) {
  const auto text = []() -> Result<std::string, Error> {
    std::string value = "value";
    return value;
  };
  ASSERT_TRUE(text().has_value());
  EXPECT_EQ(*text(), "value");
}

TEST(Result, OfNothingHoldsAnErrorOrNone) {
  const auto check = [](bool good) -> Result<void, Error> {
    if (!good) return Error{"no"};
    return {};
  };
  EXPECT_TRUE(check(true).has_value());
  EXPECT_EQ(check(false).error(), Error{"no"});
}

TEST(Result, CarriesWhatCannotBeCopied) {
  auto made = []() -> Result<std::unique_ptr<int>, Fault> { return std::make_unique<int>(3); }();
  ASSERT_TRUE(made.has_value());
  const std::unique_ptr<int> taken = std::move(*made);
  EXPECT_EQ(*taken, 3);
}

TEST(ResultDeathTest, EndsTheProcessWhenAnErrorIsTakenForAValue) {
  const auto take = [] {
    const Result<int, Error> bad = Error{"no such thing"};
    return bad.value();
  };
  EXPECT_DEATH(static_cast<void>(take()), "no such thing");
}

}  // namespace
}  // namespace gannet
