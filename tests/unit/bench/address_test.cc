#include "bench/client/address.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace gannet::bench {
namespace {

TEST(Address, IsReadAsPeopleWriteIt) {
  struct Row {
    std::string_view text;
    Address address;
    std::string_view again;
  };

  const Row rows[] = {
      {"localhost", {.host = "localhost"}, "localhost:4222"},
      {"10.0.0.1:99", {.host = "10.0.0.1", .port = 99}, "10.0.0.1:99"},
      {"nats://a.b:4333", {.host = "a.b", .port = 4333}, "a.b:4333"},
      {"[::1]:80", {.host = "::1", .port = 80}, "[::1]:80"},
      {"nats://[fe80::1]", {.host = "fe80::1"}, "[fe80::1]:4222"},
      {"unix:/tmp/s", {.path = "/tmp/s"}, "unix:/tmp/s"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.text);
    const auto address = parseAddress(row.text);

    ASSERT_TRUE(address.has_value());
    EXPECT_EQ(*address, row.address);
    EXPECT_EQ(toString(*address), row.again);
  }
}

TEST(Address, IsRefusedWithAReason) {
  for (const std::string_view text : {"", ":4222", "a:", "a:0", "a:65536", "a:1x", "[::1",
                                      "[::1]80", "tls://a:1", "unix:", "nats://"}) {
    EXPECT_FALSE(parseAddress(text).has_value()) << text;
  }
  EXPECT_FALSE(parseAddress("unix:/" + std::string(200, 'p')).has_value());
}

TEST(Address, TellsLoopbackFromTheRest) {
  EXPECT_TRUE(resolve({.host = "127.0.0.1"})->isLoopback4());
  EXPECT_TRUE(resolve({.host = "127.9.9.9"})->isLoopback4());
  EXPECT_FALSE(resolve({.host = "::1"})->isLoopback4());
  EXPECT_FALSE(resolve({.path = "/tmp/s"})->isLoopback4());
}

}  // namespace
}  // namespace gannet::bench
