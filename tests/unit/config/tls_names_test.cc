#include "config/tls_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gannet::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(TlsNames, OffersAllSecureSuitesUnlessToldOtherwise) {
  const TlsChoice choice = chooseCipherSuites({});
  EXPECT_THAT(choice.openssl, HasSubstr("ECDHE-RSA-AES256-GCM-SHA384"));
  EXPECT_THAT(choice.openssl, HasSubstr("ECDHE-ECDSA-AES128-SHA"));
  EXPECT_THAT(":" + choice.openssl, Not(HasSubstr(":AES")));  // key exchange by RSA
  EXPECT_THAT(choice.openssl, Not(HasSubstr("-AES128-SHA256")));
  EXPECT_LT(choice.openssl.find("CHACHA20"), choice.openssl.find("ECDHE-ECDSA-AES128-SHA:"));
  EXPECT_THAT(choice.unavailable, IsEmpty());
}

TEST(TlsNames, OffersWhatIsNamedInTheOrderOfSafety) {
  const TlsChoice choice =
      chooseCipherSuites({"TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
                          "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
                          "TLS_AES_128_GCM_SHA256"});
  EXPECT_EQ(choice.openssl, "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-SHA:AES128-GCM-SHA256");
  EXPECT_THAT(choice.unavailable, ElementsAre("TLS_ECDHE_RSA_WITH_RC4_128_SHA"));
}

TEST(TlsNames, LeavesNothingToOldVersionsWhereOnlyNewSuitesAreNamed) {
  const TlsChoice choice = chooseCipherSuites({"TLS_AES_128_GCM_SHA256"});
  EXPECT_EQ(choice.openssl, "");
  EXPECT_THAT(choice.unavailable, IsEmpty());
}

TEST(TlsNames, OffersCurvesInTheOrderOfTheirNames) {
  EXPECT_EQ(chooseCurves({}).openssl, "X25519:P-256:P-384:P-521");
  const TlsChoice choice = chooseCurves({"CurveP384", "X25519MLKEM768", "X25519"});
  EXPECT_EQ(choice.openssl, "P-384:X25519");
  EXPECT_THAT(choice.unavailable, ElementsAre("X25519MLKEM768"));
  EXPECT_EQ(chooseCurves({"X25519MLKEM768"}).openssl, "");
}

}  // namespace
}  // namespace gannet::config
