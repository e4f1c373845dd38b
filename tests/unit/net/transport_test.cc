#include "net/transport.h"

#include "net/tls_engine.h"
#include "tests/unit/net/loopback.h"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <string>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace gannet::net {
namespace {

// A transport and the other end of its stream.
class PlainTransportTest : public testing::Test {
 protected:
  PlainTransportTest() : transport(makeSocket()) {}

  Socket makeSocket() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    peer.reset(ends[1]);
    EXPECT_EQ(::fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    return Socket(ends[0]);
  }

  Fd peer;
  PlainTransport transport;
};

TEST_F(PlainTransportTest, NeedsNoHandshake) {
  EXPECT_EQ(transport.handshake(), Handshake::done);
  EXPECT_EQ(transport.handshakeError(), "");
  EXPECT_EQ(transport.takeEngine(), nullptr);
}

TEST_F(PlainTransportTest, ReadsWhatIsThereAndSaysWhetherThereMayBeMore) {
  std::array<char, 4> buffer{};
  IoResult result = transport.read(buffer.data(), buffer.size());
  EXPECT_EQ(result.state, IoState::drained);
  EXPECT_EQ(result.bytes, 0U);

  sendAll(peer.get(), "123456");
  result = transport.read(buffer.data(), buffer.size());
  EXPECT_EQ(result.state, IoState::more);
  EXPECT_EQ(std::string_view(buffer.data(), result.bytes), "1234");
  result = transport.read(buffer.data(), buffer.size());
  EXPECT_EQ(result.state, IoState::drained);
  EXPECT_EQ(std::string_view(buffer.data(), result.bytes), "56");
}

TEST_F(PlainTransportTest, TellsAnOrderlyEndFromAFailure) {
  std::array<char, 4> buffer{};
  sendAll(peer.get(), "ab");
  ::shutdown(peer.get(), SHUT_WR);
  EXPECT_EQ(transport.read(buffer.data(), buffer.size()).bytes, 2U);
  EXPECT_EQ(transport.read(buffer.data(), buffer.size()).state, IoState::closed);

  peer.reset();
  iovec piece{buffer.data(), buffer.size()};
  EXPECT_EQ(transport.write(&piece, 1).state, IoState::failed);
  EXPECT_EQ(transport.failedCall().name, "write");
  EXPECT_EQ(transport.failedCall().error, EPIPE);
}

TEST_F(PlainTransportTest, WritesPiecesInOrder) {
  std::string first = "PI";
  std::string second = "NG\r\n";
  const std::array<iovec, 2> pieces = {iovec{first.data(), first.size()},
                                       iovec{second.data(), second.size()}};
  const IoResult result = transport.write(pieces.data(), 2);
  EXPECT_EQ(result.state, IoState::more);
  EXPECT_EQ(result.bytes, 6U);
  EXPECT_FALSE(transport.hasUnsent());
  EXPECT_EQ(readUntil(peer.get(), [](const auto& text) { return text.size() == 6; }), "PING\r\n");
}

TEST_F(PlainTransportTest, TakesAsMuchAsTheSocketHasRoomFor) {
  std::string text(8 << 20U, 'x');
  iovec piece{text.data(), text.size()};
  IoResult result = transport.write(&piece, 1);
  EXPECT_EQ(result.state, IoState::drained);
  EXPECT_GT(result.bytes, 0U);
  EXPECT_LT(result.bytes, text.size());
  result = transport.write(&piece, 1);
  EXPECT_EQ(result.state, IoState::drained);
  EXPECT_EQ(result.bytes, 0U);
}

TEST_F(PlainTransportTest, EndsTheStreamInOrder) {
  transport.shutdown();
  EXPECT_EQ(readToClose(peer.get()), "");
}

}  // namespace
}  // namespace gannet::net
