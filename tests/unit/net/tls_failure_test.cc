#include "net/tls_failure.h"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace gannet::net {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kRecord = "\x16\x03\x01\x00\x02xx"sv;
constexpr std::string_view kLater = "\x17\x03\x03\x00\x01x"sv;

RecordWatch watched(std::string_view bytes) {
  RecordWatch watch;
  watch.take(bytes);
  return watch;
}

unsigned long errorOf(int reason) {
  return ERR_PACK(ERR_LIB_SSL, 0, reason);
}

TEST(RecordWatch, KnowsWhetherARecordIsComplete) {
  const std::string stream = std::string(kRecord) + std::string(kLater);
  for (std::size_t size = 0; size <= stream.size(); ++size) {
    const bool is_between = size == 0 || size == kRecord.size() || size == stream.size();
    EXPECT_EQ(watched(stream.substr(0, size)).isWithinRecord(), !is_between) << size;

    RecordWatch bytewise;
    for (const char c : stream.substr(0, size))
      bytewise.take({&c, 1});
    EXPECT_EQ(bytewise.isWithinRecord(), !is_between) << size;
    EXPECT_EQ(bytewise.fault(), "");
  }
}

TEST(RecordWatch, TakesRecordsWithoutContent) {
  EXPECT_FALSE(watched("\x16\x03\x01\x00\x00"sv).isWithinRecord());
  EXPECT_TRUE(watched("\x16\x03\x01\x00\x00\x16"sv).isWithinRecord());
}

TEST(RecordWatch, NamesTheFirstHeaderThatIsWrong) {
  struct Row {
    std::string bytes;
    std::string_view fault;
  };

  const std::string record(kRecord);
  const Row rows[] = {
      {"GET / HTTP/1.0\r\n\r\n", kNotTls},
      {"\r\n\r\n\r\n", kNotTls},
      {std::string("\x17\x03\x03\x00\x01", 5), kNotTls},
      {std::string("\x16\x10\x00\x00\x01", 5), kNotTls},
      {std::string("\x80\x2e\x01\x03\x01", 5), "tls: unsupported SSLv2 handshake received"},
      {std::string("\x15\x03\x01\x00\x02", 5), ""},
      {std::string("\x16\x03\x01\x48\x00", 5), ""},
      {std::string("\x16\x03\x01\x48\x01", 5), "tls: oversized record received with length 18433"},
      {record + std::string("\x16\x03\x01\x00\x02", 5),
       "tls: received record with version 301 when expecting version 303"},
      {record + "PING\r\n", "tls: received record with version 494e when expecting version 303"},
      {record + std::string("\x14\x03\x03\xff\xff", 5),
       "tls: oversized record received with length 65535"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(watched(row.bytes).fault(), row.fault) << row.bytes;
}

TEST(TlsFailure, NamesEveryAlertOfThePeer) {
  struct Row {
    int number;
    std::string_view text;
  };

  constexpr Row kRows[] = {
      {1, "alert(1)"},
      {10, "unexpected message"},
      {20, "bad record MAC"},
      {21, "decryption failed"},
      {22, "record overflow"},
      {30, "decompression failure"},
      {40, "handshake failure"},
      {41, "alert(41)"},
      {42, "bad certificate"},
      {43, "unsupported certificate"},
      {44, "revoked certificate"},
      {45, "expired certificate"},
      {46, "unknown certificate"},
      {47, "illegal parameter"},
      {48, "unknown certificate authority"},
      {49, "access denied"},
      {50, "error decoding message"},
      {51, "error decrypting message"},
      {60, "export restriction"},
      {70, "protocol version not supported"},
      {71, "insufficient security level"},
      {80, "internal error"},
      {86, "inappropriate fallback"},
      {90, "user canceled"},
      {100, "no renegotiation"},
      {109, "missing extension"},
      {110, "unsupported extension"},
      {111, "certificate unobtainable"},
      {112, "unrecognized name"},
      {113, "bad certificate status response"},
      {114, "bad certificate hash value"},
      {115, "unknown PSK identity"},
      {116, "certificate required"},
      {120, "no application protocol"},
      {121, "encrypted client hello required"},
      {255, "alert(255)"},
  };
  for (const Row& row : kRows) {
    EXPECT_EQ(failureText(errorOf(SSL_AD_REASON_OFFSET + row.number), {}, {}),
              "remote error: tls: " + std::string(row.text));
  }
}

TEST(TlsFailure, ListsWhatTheClientOffered) {
  ClientOffer offer;
  offer.versions = {0x7a7a, 0x302, 0x301};
  offer.suites = {0xc02f, 0x35};
  EXPECT_EQ(failureText(errorOf(SSL_R_UNSUPPORTED_PROTOCOL), offer, {}),
            "tls: client offered only unsupported versions: [7a7a 302 301]");
  EXPECT_EQ(failureText(errorOf(SSL_R_VERSION_TOO_LOW), {}, {}),
            "tls: client offered only unsupported versions: []");
  EXPECT_EQ(failureText(errorOf(SSL_R_NO_SHARED_CIPHER), offer, {}),
            "tls: no cipher suite supported by both client and server; client offered: [c02f 35]");
}

TEST(TlsFailure, BlamesTheFramingOnlyWhereOpenSslDoes) {
  const RecordWatch plain = watched("PING\r\n");
  EXPECT_EQ(failureText(errorOf(SSL_R_WRONG_VERSION_NUMBER), {}, plain), kNotTls);
  EXPECT_EQ(failureText(errorOf(SSL_R_UNEXPECTED_MESSAGE), {}, plain), kNotTls);
  EXPECT_EQ(failureText(errorOf(SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE), {}, plain),
            "tls: client didn't provide a certificate");
  EXPECT_EQ(failureText(errorOf(SSL_R_UNEXPECTED_MESSAGE), {}, watched(kRecord)),
            "local error: tls: unexpected message");
}

TEST(TlsFailure, IsNeverEmpty) {
  EXPECT_EQ(failureText(0, {}, {}), "EOF");  // a close_notify that is a warning leaves no error
  EXPECT_EQ(failureText(errorOf(SSL_AD_REASON_OFFSET + SSL_AD_CLOSE_NOTIFY), {}, {}), "EOF");
  for (int reason = 1; reason < 1000; ++reason)
    EXPECT_GT(failureText(errorOf(reason), {}, {}).size(), 5U) << reason;
}

}  // namespace
}  // namespace gannet::net
