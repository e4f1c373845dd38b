#include "net/listener.h"

#include "net/event_loop.h"
#include "tests/unit/base/temp_folder.h"
#include "tests/unit/net/loopback.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <mutex>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/un.h>

namespace gannet::net {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

struct NoHooks final : TurnHooks {
  void serveReady() override {}

  bool endTurn() override { return false; }
};

Fd connectToPath(const std::string& path) {
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fd.reset();
  }
  return fd;
}

// A listener on a shard of its own, which counts and closes what it accepts.
class Accepting {
 public:
  explicit Accepting(ListeningSocket socket)
      : listener_(loop_, socket, [this](int fd, PeerAddress peer) { note(fd, std::move(peer)); }) {
    listener_.start();
    loop_.start(hooks_);
  }

  ~Accepting() {
    loop_.stop();
    loop_.join();
  }

  Accepting(const Accepting&) = delete;
  Accepting& operator=(const Accepting&) = delete;

  void close() {
    std::promise<void> done;
    loop_.postFromOutside(Task([this, &done] {
      listener_.close();
      done.set_value();
    }));
    done.get_future().wait();
  }

  std::vector<PeerAddress> peers() {
    const std::lock_guard lock(mutex_);
    return peers_;
  }

 private:
  void note(int fd, PeerAddress peer) {
    EXPECT_NE(::fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    EXPECT_NE(::fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
    const std::lock_guard lock(mutex_);
    peers_.push_back(std::move(peer));
    ::close(fd);
  }

  std::mutex mutex_;
  std::vector<PeerAddress> peers_;
  NoHooks hooks_;
  EventLoop loop_{0, 1};
  Listener listener_;
};

TEST(ListenTcp, PicksAFreePortForZero) {
  const auto socket = listenTcp("127.0.0.1", 0, PortSharing::exclusive);
  ASSERT_TRUE(socket.has_value());
  const Fd fd(socket->fd);
  EXPECT_GT(socket->port, 0);
  EXPECT_GE(connectTo(socket->port).get(), 0);
}

TEST(ListenTcp, SaysThatAnAddressIsInUse) {  // config-and-cli §7.5
  const auto first = listenTcp("127.0.0.1", 0, PortSharing::exclusive);
  ASSERT_TRUE(first.has_value());
  const Fd fd(first->fd);
  for (const PortSharing sharing : {PortSharing::exclusive, PortSharing::shared}) {
    const auto second = listenTcp("127.0.0.1", first->port, sharing);
    ASSERT_TRUE(second.has_error());
    EXPECT_EQ(second.error().text, "listen tcp 127.0.0.1:" + std::to_string(first->port) +
                                       ": bind: address already in use");
  }
}

TEST(ListenTcp, SharesAPortAmongThoseWhoAllAskForIt) {
  const auto first = listenTcp("127.0.0.1", 0, PortSharing::shared);
  ASSERT_TRUE(first.has_value());
  const Fd first_fd(first->fd);
  const auto second = listenTcp("127.0.0.1", first->port, PortSharing::shared);
  ASSERT_TRUE(second.has_value());
  const Fd second_fd(second->fd);
  EXPECT_EQ(second->port, first->port);
  EXPECT_TRUE(listenTcp("127.0.0.1", first->port, PortSharing::exclusive).has_error());
}

TEST(ListenTcp, SaysWhichHostIsUnknown) {
  const auto socket = listenTcp("no-such-host.invalid", 0, PortSharing::exclusive);
  ASSERT_TRUE(socket.has_error());
  EXPECT_THAT(socket.error().text, StartsWith("listen tcp: lookup no-such-host.invalid: "));
}

TEST(ListenTcp, SaysThatAnAddressIsNotOurs) {
  const auto socket = listenTcp("192.0.2.1", 4222, PortSharing::exclusive);  // TEST-NET-1
  ASSERT_TRUE(socket.has_error());
  EXPECT_EQ(socket.error().text,
            "listen tcp 192.0.2.1:4222: bind: cannot assign requested address");
}

TEST(ListenTcp, BindsIpv6) {
  const auto socket = listenTcp("::1", 0, PortSharing::exclusive);
  if (!socket) GTEST_SKIP() << "no IPv6 here: " << socket.error().text;
  const Fd fd(socket->fd);
  const auto second = listenTcp("::1", socket->port, PortSharing::exclusive);
  ASSERT_TRUE(second.has_error());
  EXPECT_THAT(second.error().text, StartsWith("listen tcp [::1]:"));
}

TEST(ListenUnix, BindsAPathWithTheWantedMode) {
  const TempFolder folder;
  const std::string path = folder.at("gannet.sock");
  const auto socket = listenUnix(path, 0620);
  ASSERT_TRUE(socket.has_value());
  const Fd fd(socket->fd);
  EXPECT_EQ(socket->port, 0);

  struct stat status {};

  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0620U);
  EXPECT_GE(connectToPath(path).get(), 0);
}

TEST(ListenUnix, RefusesALiveSocketAndReplacesAStaleOne) {
  const TempFolder folder;
  const std::string path = folder.at("gannet.sock");
  auto first = listenUnix(path, 0600);
  ASSERT_TRUE(first.has_value());
  const auto second = listenUnix(path, 0600);
  ASSERT_TRUE(second.has_error());
  EXPECT_EQ(second.error().text, "listen unix " + path + ": bind: address already in use");

  ::close(first->fd);  // the file stays
  const auto third = listenUnix(path, 0600);
  ASSERT_TRUE(third.has_value());
  const Fd fd(third->fd);
  EXPECT_GE(connectToPath(path).get(), 0);
}

TEST(ListenUnix, LeavesAnOrdinaryFileAlone) {
  const TempFolder folder;
  const std::string path = folder.at("precious");
  writeFile(path, "data");
  const auto socket = listenUnix(path, 0600);
  ASSERT_TRUE(socket.has_error());
  EXPECT_THAT(socket.error().text, HasSubstr("address already in use"));
  EXPECT_EQ(readFile(path), "data");
}

TEST(ListenUnix, RefusesAPathThatTheKernelCannotTake) {
  const std::string path(200, 'x');
  const auto socket = listenUnix(path, 0600);
  ASSERT_TRUE(socket.has_error());
  EXPECT_EQ(socket.error().text, "listen unix " + path + ": path too long");
  EXPECT_TRUE(listenUnix("/no/such/folder/socket", 0600).has_error());
}

TEST(Listener, AcceptsWithTheAddressOfThePeer) {
  const auto socket = listenTcp("127.0.0.1", 0, PortSharing::exclusive);
  ASSERT_TRUE(socket.has_value());
  Accepting accepting(*socket);
  std::vector<Fd> clients;
  for (int i = 0; i < 200; ++i) {  // more than one turn takes
    clients.push_back(connectTo(socket->port));
    ASSERT_GE(clients.back().get(), 0);
  }
  for (const Fd& client : clients)
    EXPECT_EQ(readToClose(client.get()), "");

  const auto peers = accepting.peers();
  ASSERT_EQ(peers.size(), clients.size());
  sockaddr_in own{};
  socklen_t size = sizeof own;
  ::getsockname(clients[0].get(), reinterpret_cast<sockaddr*>(&own), &size);
  EXPECT_EQ(peers[0].ip, "127.0.0.1");
  EXPECT_EQ(peers[0].port, ntohs(own.sin_port));
}

TEST(Listener, AcceptsOnAPathWithItsPlaceholder) {
  const TempFolder folder;
  const auto socket = listenUnix(folder.at("socket"), 0600);
  ASSERT_TRUE(socket.has_value());
  Accepting accepting(*socket);
  const Fd client = connectToPath(folder.at("socket"));
  EXPECT_EQ(readToClose(client.get()), "");
  ASSERT_EQ(accepting.peers().size(), 1U);
  EXPECT_EQ(accepting.peers()[0].ip, "@");
  EXPECT_EQ(accepting.peers()[0].port, 0);
}

TEST(Listener, RefusesConnectionsOnceClosed) {
  const auto socket = listenTcp("127.0.0.1", 0, PortSharing::exclusive);
  ASSERT_TRUE(socket.has_value());
  Accepting accepting(*socket);
  EXPECT_GE(connectTo(socket->port).get(), 0);
  accepting.close();
  EXPECT_LT(connectTo(socket->port).get(), 0);
}

}  // namespace
}  // namespace gannet::net
