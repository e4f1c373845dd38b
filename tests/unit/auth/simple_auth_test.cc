#include "auth/simple_auth.h"

#include <gtest/gtest.h>

#include <string>

namespace gannet::auth {
namespace {

// Hashes of "s3cr3t" with four rounds, the fewest there are.
const std::string kHash2a = "$2a$04$abcdefghijklmnopqrstuu35fBIWlNgF8BcAW/t2cO158N8svSFHy";

std::string hashOf2b() {
  return "$2b" + kHash2a.substr(3);
}

Credentials token(const std::string& text) {
  return {"", "", text};
}

Credentials login(const std::string& user, const std::string& password) {
  return {user, password, ""};
}

TEST(SimpleAuth, ComparesPlainSecretsByteByByte) {
  struct Row {
    std::string configured, given;
    bool matches;
  };

  const Row rows[] = {
      {"s3cr3t", "s3cr3t", true},
      {"s3cr3t", "s3cr3", false},
      {"s3cr3t", "s3cr3tt", false},
      {"s3cr3t", "S3CR3T", false},
      {"s3cr3t", "", false},
      {"", "", true},
      {"", "x", false},
      {"s3cr3t", " s3cr3t", false},
      {"p\xc3\xa4", "p\xc3\xa4", true},
      {"$2", "$2", true},
      {"$2a$secret", "$2a$secret", true},
      {"$2a$secret", "secret", false},
      {"$1$abc", "$1$abc", true},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(checkSecret(row.configured, row.given), row.matches)
        << row.configured << " against " << row.given;
  }
}

TEST(SimpleAuth, DoesNotStopAtAZeroByteOfAPlainSecret) {
  EXPECT_FALSE(checkSecret("abc", std::string("abc\0def", 7)));
  EXPECT_FALSE(checkSecret(std::string("abc\0x", 5), std::string("abc\0y", 5)));
}

TEST(SimpleAuth, KnowsABcryptHashByVariantAndCost) {
  for (const std::string_view hash :
       {"$2a$04$x", "$2b$10$x", "$2x$10$x", "$2y$10$x", "$2a$99$", "$2a$00$x"}) {
    EXPECT_TRUE(isBcrypt(hash)) << hash;
  }
  for (const std::string_view text :
       {"", "$2", "$2a", "2a$", "$1$", "$2c$10$x", "$2$10$x", "secret", "$2a$", "$2a$secret",
        "$2a$1$x", "$2a$1x$x", "$2a$10", "$2a$10x", "$2a$100$x", " $2a$10$x", "$2a$-1$x"}) {
    EXPECT_FALSE(isBcrypt(text)) << text;
  }
}

TEST(SimpleAuth, ChecksABcryptHash) {
  for (const std::string& hash : {kHash2a, hashOf2b()}) {
    EXPECT_TRUE(checkSecret(hash, "s3cr3t")) << hash;
    EXPECT_FALSE(checkSecret(hash, "s3cr3")) << hash;
    EXPECT_FALSE(checkSecret(hash, "")) << hash;
    EXPECT_FALSE(checkSecret(hash, hash)) << "the hash is no password";
  }
}

TEST(SimpleAuth, ChecksAHashMadeByTheNatsCommand) {
  const std::string hash = "$2a$04$bmo.VLyk0tS5HBeElPOPielP8MEYGp0dGuaBqRaSSDds7UhLxJ5/.";
  EXPECT_TRUE(checkSecret(hash, "correct horse battery staple"));
  EXPECT_FALSE(checkSecret(hash, "correct horse battery stapl"));
}

TEST(SimpleAuth, ReadsAHashAsGoDoes) {
  const std::string spare_bits = kHash2a.substr(0, 28) + "v" + kHash2a.substr(29);
  for (const std::string& hash : {kHash2a + "x", kHash2a + std::string(40, ' '), kHash2a + "\n",
                                  spare_bits, "$2x" + kHash2a.substr(3)}) {
    EXPECT_TRUE(checkSecret(hash, "s3cr3t")) << hash;
    EXPECT_FALSE(checkSecret(hash, "s3cr3")) << hash;
    EXPECT_FALSE(checkSecret(hash, hash)) << hash;
  }
  // Go computes all variants as 2b; crypt() has a fault of old programs under the name 2x.
  const std::string eight_bit = "$2x$04$abcdefghijklmnopqrstuupbTYcnxA/97XWTNCVRF4vpn27Txw6l6";
  EXPECT_TRUE(checkSecret(eight_bit, "\xc3\xbf\xc2\xa3"));
}

TEST(SimpleAuth, ComparesTheFirst72BytesAgainstAHash) {
  const std::string hash = "$2a$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i";
  for (const std::size_t size : {72U, 73U, 511U, 512U, 513U, 4000U}) {
    EXPECT_TRUE(checkSecret(hash, std::string(size, 'x'))) << size;
  }
  EXPECT_FALSE(checkSecret(hash, std::string(71, 'x')));
}

TEST(SimpleAuth, RefusesEverythingAgainstABrokenHash) {
  for (const std::string& hash :
       {std::string("$2a$04$"), std::string("$2a$99$abcdefghijklmnopqrstuu"), kHash2a.substr(0, 59),
        kHash2a.substr(0, 58), "$2a$03" + kHash2a.substr(6), "$2a$32" + kHash2a.substr(6),
        kHash2a.substr(0, 10) + "!" + kHash2a.substr(11),
        kHash2a.substr(0, 10) + std::string(1, '\0') + kHash2a.substr(11)}) {
    EXPECT_FALSE(checkSecret(hash, "s3cr3t")) << hash;
    EXPECT_FALSE(checkSecret(hash, hash)) << hash;
    EXPECT_FALSE(checkSecret(hash, "*0")) << hash;  // what crypt says of a broken hash
  }
}

TEST(SimpleAuth, MatchesATokenOrAUserWithPassword) {
  struct Row {
    Credentials configured, given;
    bool matches;
  };

  const Row rows[] = {
      {token("t"), token("t"), true},
      {token("t"), token("u"), false},
      {token("t"), {}, false},
      {token("t"), login("t", "t"), false},
      {token(kHash2a), token("s3cr3t"), true},
      {login("bob", "p"), login("bob", "p"), true},
      {login("bob", "p"), login("eve", "p"), false},
      {login("bob", "p"), login("bob", "q"), false},
      {login("bob", "p"), login("", "p"), false},
      {login("bob", "p"), token("p"), false},
      {login("bob", kHash2a), login("bob", "s3cr3t"), true},
      {login("bob", kHash2a), login("eve", "s3cr3t"), false},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(matches(row.configured, row.given), row.matches)
        << row.configured.user << '/' << row.configured.password << '/' << row.configured.token
        << " against " << row.given.user << '/' << row.given.password << '/' << row.given.token;
  }
}

TEST(SimpleAuth, SaysWhatIsTooSlowForAShard) {
  EXPECT_TRUE(isSlow(token(kHash2a)));
  EXPECT_TRUE(isSlow(login("bob", kHash2a)));
  EXPECT_FALSE(isSlow(login("bob", "p")));
  EXPECT_FALSE(isSlow({}));
}

}  // namespace
}  // namespace gannet::auth
