#include "net/distinguished_name.h"

#include <gtest/gtest.h>
#include <openssl/asn1.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gannet::net {
namespace {

struct NameFree {
  void operator()(X509_NAME* name) const { X509_NAME_free(name); }
};

using NamePtr = std::unique_ptr<X509_NAME, NameFree>;

// An attribute as a certificate has it.
struct Encoded {
  std::string oid;
  std::string bytes;
  int type = V_ASN1_UTF8STRING;
  bool joins_the_part_before = false;
};

NamePtr encode(const std::vector<Encoded>& attributes) {
  NamePtr name(X509_NAME_new());
  for (const Encoded& each : attributes) {
    constexpr int kNumbersOnly = 1;
    ASN1_OBJECT* const object = OBJ_txt2obj(each.oid.c_str(), kNumbersOnly);
    X509_NAME_add_entry_by_OBJ(
        name.get(), object, each.type, reinterpret_cast<const unsigned char*>(each.bytes.data()),
        static_cast<int>(each.bytes.size()), -1, each.joins_the_part_before ? -1 : 0);
    ASN1_OBJECT_free(object);
  }
  return name;
}

std::string displayed(const std::vector<Encoded>& attributes) {
  const auto name = readName(encode(attributes).get());
  return name ? displayText(*name) : "error: " + name.error().text;
}

constexpr const char* kC = "2.5.4.6";
constexpr const char* kO = "2.5.4.10";
constexpr const char* kOu = "2.5.4.11";
constexpr const char* kCn = "2.5.4.3";
constexpr const char* kSerial = "2.5.4.5";
constexpr const char* kL = "2.5.4.7";
constexpr const char* kSt = "2.5.4.8";
constexpr const char* kStreet = "2.5.4.9";
constexpr const char* kPostal = "2.5.4.17";
constexpr const char* kDc = "0.9.2342.19200300.100.1.25";
constexpr const char* kUid = "0.9.2342.19200300.100.1.1";
constexpr const char* kEmail = "1.2.840.113549.1.9.1";
constexpr const char* kTitle = "2.5.4.12";

TEST(DistinguishedName, ShowsTheNineKnownTypesInOneOrder) {  // accounts-and-auth §4.1
  const std::string_view expected =
      "SERIALNUMBER=12,CN=cn,OU=u,O=Acme,POSTALCODE=80,STREET=s 1,L=M,ST=By,C=DE";
  const std::vector<Encoded> forwards = {{kC, "DE"},      {kSt, "By"}, {kL, "M"},
                                         {kO, "Acme"},    {kOu, "u"},  {kStreet, "s 1"},
                                         {kPostal, "80"}, {kCn, "cn"}, {kSerial, "12"}};
  EXPECT_EQ(displayed(forwards), expected);
  EXPECT_EQ(displayed({forwards.rbegin(), forwards.rend()}), expected);
}

TEST(DistinguishedName, JoinsTheValuesOfOneType) {
  EXPECT_EQ(displayed({{kC, "US"}, {kO, "Acme"}, {kOu, "A"}, {kCn, "svc"}, {kOu, "B"}}),
            "CN=svc,OU=A+OU=B,O=Acme,C=US");
}

TEST(DistinguishedName, TakesTheLastCommonNameAndSerialNumber) {
  EXPECT_EQ(displayed({{kCn, "one"}, {kO, "o"}, {kCn, "two"}, {kSerial, "1"}, {kSerial, "2"}}),
            "SERIALNUMBER=2,CN=two,O=o");
  EXPECT_EQ(displayed({{kCn, "one"}, {kO, "o"}, {kCn, ""}}), "O=o");
  EXPECT_EQ(displayed({{kCn, "one"}, {kO, ""}}), "CN=one,O=");
}

TEST(DistinguishedName, ShowsOtherTypesAsTheirDerBehindTheKnownOnes) {
  EXPECT_EQ(displayed({{kCn, "cn"},
                       {kEmail, "a@b.c", V_ASN1_IA5STRING},
                       {kDc, "example", V_ASN1_IA5STRING},
                       {kDc, "com", V_ASN1_IA5STRING},
                       {kUid, "bob"}}),
            "CN=cn,0.9.2342.19200300.100.1.1=#1303626f62,"
            "0.9.2342.19200300.100.1.25=#1303636f6d,"
            "0.9.2342.19200300.100.1.25=#13076578616d706c65,"
            "1.2.840.113549.1.9.1=#0c056140622e63");
  EXPECT_EQ(displayed({{"2.5.4.5.1", "deep"}}), "2.5.4.5.1=#130464656570");
}

TEST(DistinguishedName, EncodesOtherTypesAnewAsGoDoes) {
  struct Row {
    std::string value, shown;
  };

  const Row rows[] = {
      {"", "#1300"},
      {"aA0'()+,-./:=? ", "#130f6141302728292b2c2d2e2f3a3d3f20"},
      {"a!", "#0c026121"},
      {"A*B&C", "#0c05412a422643"},  // allowed where it is read, not where it is written
      {"J\u00fcrg", "#0c054ac3bc7267"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(displayed({{kTitle, row.value}}), "2.5.4.12=" + row.shown);
}

TEST(DistinguishedName, EncodesLongValuesWithLongLengths) {
  struct Row {
    std::size_t size;
    std::string_view head;
  };

  constexpr Row kRows[] = {{127, "#137f"},
                           {128, "#138180"},
                           {255, "#1381ff"},
                           {256, "#13820100"},
                           {70000, "#1383011170"}};
  for (const Row& row : kRows) {
    std::string expected = "2.5.4.12=" + std::string(row.head);
    for (std::size_t i = 0; i < row.size; ++i)
      expected += "78";
    EXPECT_EQ(displayed({{kTitle, std::string(row.size, 'x')}}), expected);
  }
}

TEST(DistinguishedName, TakesPartsOfSeveralAttributesApart) {
  const std::vector<Encoded> attributes = {{kCn, "cn"},
                                           {kUid, "bob", V_ASN1_UTF8STRING, true},
                                           {kOu, "b"},
                                           {kO, "o", V_ASN1_UTF8STRING, true},
                                           {kOu, "a"}};
  EXPECT_EQ(displayed(attributes), "CN=cn,OU=b+OU=a,O=o,0.9.2342.19200300.100.1.1=#1303626f62");
  const DistinguishedName name = readName(encode(attributes).get()).value();
  ASSERT_EQ(name.size(), 3U);
  EXPECT_EQ(name[0], (RelativeName{{kCn, "cn"}, {kUid, "bob"}}));
  EXPECT_EQ(toText(name), "OU=a,OU=b+O=o,CN=cn+0.9.2342.19200300.100.1.1=#1303626f62");
  EXPECT_EQ(toText(knownParts(name)), "CN=cn,OU=b+OU=a,O=o");
}

TEST(DistinguishedName, EscapesWhatTextsGiveAMeaning) {
  EXPECT_EQ(displayed({{kCn, " #a,b+c\"d\\e<f>g;h=i# "}, {kO, "#x "}, {kOu, " "}}),
            "CN=\\ #a\\,b\\+c\\\"d\\\\e\\<f\\>g\\;h=i#\\ ,OU=\\ ,O=\\#x\\ ");
  EXPECT_EQ(displayed({{kCn, std::string("a\nb\0c\x7f", 6)}}),
            "CN=" + std::string("a\nb\0c\x7f", 6));
  EXPECT_EQ(displayed({{kCn, "M\u00fcller \u20ac\U0001F600"}}), "CN=M\u00fcller \u20ac\U0001F600");
}

TEST(DistinguishedName, ReadsEveryStringType) {
  struct Row {
    std::string bytes;
    int type;
    std::string_view shown;
  };

  const Row rows[] = {
      {"a*b&c", V_ASN1_PRINTABLESTRING, "CN=a*b&c"},
      {"a@b", V_ASN1_IA5STRING, "CN=a@b"},
      {"12 3", V_ASN1_NUMERICSTRING, "CN=12 3"},
      {"M\xfc", V_ASN1_T61STRING, "CN=M\u00fc"},
      {{"\0M\0\xfc\x20\xac", 6}, V_ASN1_BMPSTRING, "CN=M\u00fc\u20ac"},
      {{"\0M\0\0", 4}, V_ASN1_BMPSTRING, "CN=M"},
      {"", V_ASN1_BMPSTRING, ""},
  };
  for (const Row& row : rows)
    EXPECT_EQ(displayed({{kCn, row.bytes, row.type}}), row.shown);
}

TEST(DistinguishedName, RefusesTheValuesThatGoRefuses) {
  struct Row {
    std::string bytes;
    int type;
    std::string_view why;
  };

  const Row rows[] = {
      {"a@b", V_ASN1_PRINTABLESTRING, "invalid PrintableString"},
      {"a_b", V_ASN1_PRINTABLESTRING, "invalid PrintableString"},
      {"12a", V_ASN1_NUMERICSTRING, "invalid NumericString"},
      {"a\xfc", V_ASN1_IA5STRING, "invalid IA5String"},
      {"a\xfc", V_ASN1_UTF8STRING, "invalid UTF-8 string"},
      {"\xff\xfe", V_ASN1_BMPSTRING, "invalid BMPString"},
      {"\xd8\x01", V_ASN1_BMPSTRING, "invalid BMPString"},
      {"\xfd\xd0", V_ASN1_BMPSTRING, "invalid BMPString"},
      {"abcd", V_ASN1_UNIVERSALSTRING, "unsupported string type: 28"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(displayed({{kCn, row.bytes, row.type}}),
              "error: x509: invalid RDNSequence: invalid attribute value: " + std::string(row.why));
  }
}

TEST(DistinguishedName, ShowsNothingOfAnEmptyName) {
  EXPECT_EQ(displayed({}), "");
}

}  // namespace
}  // namespace gannet::net
