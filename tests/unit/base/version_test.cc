#include "base/version.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gannet {
namespace {

TEST(Version, IsThatOfTheBuild) {
  EXPECT_THAT(std::string(version()), testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
  EXPECT_THAT(std::string(gitRevision()), testing::MatchesRegex("|[0-9a-f]+(-dirty)?"));
  const std::string commit =
      gitRevision().empty() ? "" : " (git " + std::string(gitRevision()) + ")";
  EXPECT_EQ(versionAndRevision(), std::string(version()) + commit);
}

}  // namespace
}  // namespace gannet
