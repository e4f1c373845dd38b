#include "protocol/proxy_header.h"

#include <gtest/gtest.h>

#include <ostream>

namespace gannet::protocol {
namespace {

using namespace std::string_literals;

// The whole answer in one line, so that a table can hold it.
std::string show(const ProxyHeader& header) {
  switch (header.state) {
    case ProxyState::need_more: return "need more";
    case ProxyState::none: return "none";
    case ProxyState::local: return "local, size " + std::to_string(header.size);
    case ProxyState::address:
      return header.source_ip + " port " + std::to_string(header.source_port) + ", size " +
             std::to_string(header.size);
    case ProxyState::error: return header.error;
  }
  return "";
}

std::string v2(unsigned version_command, unsigned family, const std::string& addresses) {
  std::string bytes = "\r\n\r\n\0\r\nQUIT\n"s;
  for (const std::size_t byte : {std::size_t{version_command}, std::size_t{family},
                                 addresses.size() >> 8U, addresses.size() & 0xFFU}) {
    bytes.push_back(static_cast<char>(byte));
  }
  return bytes + addresses;
}

struct Row {
  std::string bytes;
  std::string answer;
};

const Row kV1Rows[] = {
    // client-protocol §2.4
    {"PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\nPING\r\n", "1.1.1.1 port 1, size 32"},
    {"PROXY  TCP4 1.1.1.1\t2.2.2.2 0 065535 \r\n", "1.1.1.1 port 0, size 39"},
    {"PROXY TCP6 2001:DB8:0:0:1:0:0:1 ::1 1 2\r\n", "2001:db8::1:0:0:1 port 1, size 41"},
    {"PROXY TCP6 ::ffff:1.2.3.4 ::1 1 2\r\n", "1.2.3.4 port 1, size 35"},
    {"PROXY TCP6 ::1.2.3.4 ::1 1 2\r\n", "::102:304 port 1, size 30"},
    {"PROXY TCP6 0:0:0:0:0:0:0:0 ::1 1 2\r\n", ":: port 1, size 36"},
    {"PROXY TCP6 1:0:2:3:4:5:6:7 ::1 1 2\r\n", "1:0:2:3:4:5:6:7 port 1, size 36"},
    {"PROXY TCP6 1:0:0:2:0:0:0:3 ::1 1 2\r\n", "1:0:0:2::3 port 1, size 36"},
    {"PROXY TCP6 1:: ::1 1 2\r\n", "1:: port 1, size 24"},
    {"PROXY UNKNOWN\r\n", "local, size 15"},
    {"PROXY UNKNOWN a b\r\n", "local, size 19"},
    {"PROXY \r\n", "invalid PROXY protocol header: invalid v1 format"},
    {"PROXY TCP4 1.1.1.1 2.2.2.2 1 2 3\r\n", "invalid PROXY protocol header: invalid v1 format"},
    {"PROXY TCP9 z\r\n", "invalid PROXY protocol header: invalid v1 format"},
    {"PROXY TCP5 x y z w\r\n", "invalid PROXY protocol header: invalid address"},
    {"PROXY TCP4 ::1 y 1 2\r\n", "invalid PROXY protocol header: invalid address"},
    {"PROXY TCP4 01.1.1.1 2.2.2.2 1 2\r\n", "invalid PROXY protocol header: invalid address"},
    {"PROXY TCP4 1.1.1.1\0x 2.2.2.2 1 2\r\n"s, "invalid PROXY protocol header: invalid address"},
    {"PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n", "invalid PROXY protocol header: invalid address"},
    {"PROXY TCP4 ::1 2.2.2.2 1 2\r\n", "invalid PROXY protocol header: TCP4 with IPv6 address"},
    {"PROXY TCP4 1.1.1.1 ::1 1 2\r\n", "invalid PROXY protocol header: TCP4 with IPv6 address"},
    {"PROXY TCP6 1.1.1.1 ::1 1 2\r\n", "invalid PROXY protocol header: TCP6 with IPv4 address"},
    {"PROXY TCP6 ::1 1.1.1.1 1 2\r\n", "invalid PROXY protocol header: TCP6 with IPv4 address"},
    {"PROXY TCP5 1.1.1.1 2.2.2.2 1 2\r\n", "invalid PROXY protocol header: invalid protocol TCP5"},
    {"PROXY tcp4 1.1.1.1 2.2.2.2 1 2\r\n", "invalid PROXY protocol header: invalid protocol tcp4"},
    {"PROXY TCP4 ::1 2.2.2.2 x 2\r\n",
     R"(invalid source port: strconv.ParseUint: parsing "x": invalid syntax)"},
    {"PROXY TCP4 1.1.1.1 2.2.2.2 \"1 2\r\n",
     R"(invalid source port: strconv.ParseUint: parsing "\"1": invalid syntax)"},
    {"PROXY TCP4 1.1.1.1 2.2.2.2 1 65536\r\n",
     R"(invalid dest port: strconv.ParseUint: parsing "65536": value out of range)"},
    {"PROXY TCP4 1.1.1.1 2.2.2.2 1 99999999999999999999\r\n",
     R"(invalid dest port: strconv.ParseUint: parsing "99999999999999999999": value out of range)"},
    {"PROXY TCP4 1.1.1.1 2.2.2.2 -1 2\r\n",
     R"(invalid source port: strconv.ParseUint: parsing "-1": invalid syntax)"},
    {"PROXY " + std::string(99, 'a') + "\r\n", "invalid PROXY protocol header: invalid v1 format"},
    {"PROXY " + std::string(100, 'a') + "\r\n", "invalid PROXY protocol header: v1 line too long"},
    {"PROXY UNKNOWN " + std::string(120, 'a') + "\r\n",
     "invalid PROXY protocol header: v1 line too long"},
};

TEST(ProxyHeader, ReadsVersion1) {
  for (const Row& row : kV1Rows)
    EXPECT_EQ(show(parseProxyHeader(row.bytes)), row.answer);
}

const std::string kIpv4 = "\x01\x02\x03\x04\x05\x06\x07\x08\x10\x92\x00\x01"s;
const std::string kMapped =
    "\0\0\0\0\0\0\0\0\0\0\xff\xff\x01\x02\x03\x04"s + std::string(16, 'b') + "\0\x07\0\x02"s;

const Row kV2Rows[] = {
    {v2(0x21, 0x11, kIpv4) + "CONNECT", "1.2.3.4 port 4242, size 28"},
    {v2(0x21, 0x11, kIpv4 + "TLVs"), "1.2.3.4 port 4242, size 32"},
    {v2(0x21, 0x21, std::string(36, 'a')),
     "6161:6161:6161:6161:6161:6161:6161:6161 port 24929, size 52"},
    {v2(0x21, 0x21, kMapped), "1.2.3.4 port 7, size 52"},
    {v2(0x20, 0x11, ""), "local, size 16"},
    {v2(0x20, 0xFF, "abc"), "local, size 19"},
    {v2(0x21, 0x01, "abc"), "local, size 19"},
    {v2(0x21, 0x11, std::string(11, 'a')), "IPv4 address data too short: 11 bytes"},
    {v2(0x21, 0x21, std::string(35, 'a')), "IPv6 address data too short: 35 bytes"},
    {v2(0x11, 0x11, kIpv4), "invalid PROXY protocol header: invalid version 0x10"},
    {v2(0x01, 0x11, kIpv4), "invalid PROXY protocol header: invalid version 0x00"},
    {v2(0x22, 0x11, kIpv4), "unknown PROXY protocol command: 0x02"},
    {v2(0x2F, 0x32, "a"), "unknown PROXY protocol command: 0x0f"},
    {v2(0x21, 0x12, kIpv4), "unsupported PROXY protocol feature: only STREAM protocol supported"},
    {v2(0x21, 0x00, ""), "unsupported PROXY protocol feature: only STREAM protocol supported"},
    {v2(0x21, 0x31, std::string(216, 'a')),
     "unsupported PROXY protocol feature: unsupported address family 0x30"},
    {v2(0x21, 0x41, std::string(216, 'a')),
     "unsupported PROXY protocol feature: unsupported address family 0x40"},
    {"\r\n\r\n\0\rXQUIT\n\x21\x11\0\x0c"s, "invalid PROXY protocol header: invalid signature"},
};

TEST(ProxyHeader, ReadsVersion2) {
  for (const Row& row : kV2Rows)
    EXPECT_EQ(show(parseProxyHeader(row.bytes)), row.answer);
}

TEST(ProxyHeader, LeavesOtherClientsAlone) {
  for (const std::string& bytes : {"CONNECT {}"s, "PING\r\n"s, "PROXY\t"s, "proxy "s,
                                   "\x16\x03\x01\x02\x00\x01"s, "\r\n\r\n\0\n"s}) {
    EXPECT_EQ(show(parseProxyHeader(bytes)), "none");
  }
}

TEST(ProxyHeader, AsksForMoreUntilItIsSure) {
  const auto check = [](const Row& row) {
    for (std::size_t size = 0; size < row.bytes.size(); ++size) {
      const ProxyHeader header = parseProxyHeader(std::string_view(row.bytes).substr(0, size));
      if (header.state != ProxyState::need_more) {
        EXPECT_EQ(show(header), row.answer) << size << " bytes of " << row.bytes;
      }
      EXPECT_TRUE(header.state == ProxyState::need_more || size >= 6);
    }
  };
  for (const Row& row : kV1Rows)
    check(row);
  for (const Row& row : kV2Rows)
    check(row);
}

}  // namespace
}  // namespace gannet::protocol
