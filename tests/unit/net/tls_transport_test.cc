#include "net/tls_transport.h"

#include "net/tls_context.h"
#include "tests/unit/net/loopback.h"
#include "tests/unit/net/self_signed.h"
#include "tests/unit/seeds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace gannet::net {
namespace {

using testing::HasSubstr;

template <class T, void (*Free)(T*)>
struct Freed {
  void operator()(T* object) const { Free(object); }
};

using ContextPtr = std::unique_ptr<SSL_CTX, Freed<SSL_CTX, SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, Freed<SSL, SSL_free>>;

// A transport on one end of a socket pair; a client on a thread of its own at the other.
class TlsTransportTest : public testing::Test {
 protected:
  TlsTransportTest() : server_key("server"), client_key("client") {
    settings.certificates.push_back(server_key.pair);
  }

  ~TlsTransportTest() override {
    transport.reset();
    if (client.joinable()) client.join();
  }

  void accept(std::string_view received = {}) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    peer.reset(ends[1]);
    ASSERT_EQ(::fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    Socket socket(ends[0]);
    auto made = TlsContext::create(settings);
    ASSERT_TRUE(made.has_value()) << made.error().text;
    transport = std::make_unique<TlsTransport>(std::move(socket), *made, received);
  }

  // Runs `talk(SSL*)` on the client's thread, behind its handshake.
  template <class F>
  void connect(F talk, int max_version = TLS1_3_VERSION, bool shows_certificate = false,
               const std::string& server_name = {}) {
    client = std::thread([this, talk, max_version, shows_certificate, server_name] {
      const ContextPtr own(SSL_CTX_new(TLS_client_method()));
      SSL_CTX_set_max_proto_version(own.get(), max_version);
      if (shows_certificate) {
        SSL_CTX_use_certificate(own.get(), client_key.certificate.get());
        SSL_CTX_use_PrivateKey(own.get(), client_key.key.get());
      }
      const SslPtr ssl(SSL_new(own.get()));
      SSL_set_fd(ssl.get(), peer.get());
      if (largest_record > 0) SSL_set_tlsext_max_fragment_length(ssl.get(), largest_record);
      if (!server_name.empty()) SSL_set_tlsext_host_name(ssl.get(), server_name.c_str());
      if (SSL_connect(ssl.get()) == 1) talk(ssl.get());
      peer.reset();
    });
  }

  Handshake handshake() {
    while (true) {
      const Handshake state = transport->handshake();
      if (state == Handshake::wants_step) {
        auto engine = transport->takeEngine();
        engine->step();
        transport->giveBack(std::move(engine));
        continue;
      }
      if (state != Handshake::wants_input) return state;
      EXPECT_TRUE(waitReadable(transport->socket().fd()));
    }
  }

  // Writes all of `pieces`, waiting for room as often as needed; returns how much was taken.
  std::size_t writeAll(std::vector<iovec> pieces) {
    std::size_t taken = 0;
    refusals = 0;
    while (!pieces.empty() || transport->hasUnsent()) {
      const auto count = static_cast<int>(pieces.size());
      const IoResult result = transport->write(pieces.data(), count);
      taken += result.bytes;
      std::size_t left = result.bytes;
      while (!pieces.empty() && pieces.front().iov_len <= left) {
        left -= pieces.front().iov_len;
        pieces.erase(pieces.begin());
      }
      if (left > 0) {
        pieces.front().iov_base = static_cast<char*>(pieces.front().iov_base) + left;
        pieces.front().iov_len -= left;
      }
      if (result.state == IoState::more) continue;
      ++refusals;
      pollfd room{transport->socket().fd(), POLLOUT, 0};
      if (result.state != IoState::drained ||
          ::poll(&room, 1, static_cast<int>(kPatience.count())) != 1)
        break;
    }
    return taken;
  }

  // Everything up to the end of the client's stream.
  std::string readToEnd(IoState& end) {
    std::string text;
    std::array<char, 10000> buffer{};
    while (true) {
      const IoResult result = transport->read(buffer.data(), buffer.size());
      text.append(buffer.data(), result.bytes);
      end = result.state;
      if (end == IoState::closed || end == IoState::failed) return text;
      if (end == IoState::drained && !waitReadable(transport->socket().fd())) return text;
    }
  }

  SelfSigned server_key;
  SelfSigned client_key;
  TlsSettings settings;
  Fd peer;
  std::unique_ptr<Transport> transport;
  std::thread client;
  std::uint8_t largest_record = 0;  // that the client asks for, as TLS numbers them
  std::size_t refusals = 0;         // of the socket during writeAll()
};

TEST_F(TlsTransportTest, CarriesBytesBothWays) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    accept();
    connect(
        [](SSL* ssl) {
          std::array<char, 6> hello{};
          SSL_read(ssl, hello.data(), hello.size());
          SSL_write(ssl, hello.data(), hello.size());
          SSL_shutdown(ssl);
        },
        version);
    ASSERT_EQ(handshake(), Handshake::done);
    std::string text = "PING\r\n";
    const iovec piece{text.data(), text.size()};
    EXPECT_EQ(transport->write(&piece, 1).bytes, 6U);
    EXPECT_FALSE(transport->hasUnsent());
    IoState end{};
    EXPECT_EQ(readToEnd(end), "PING\r\n");
    EXPECT_EQ(end, IoState::closed);
    EXPECT_EQ(transport->tlsFacts().version, version == TLS1_3_VERSION ? "1.3" : "1.2");
    EXPECT_THAT(transport->tlsFacts().cipher_suite, HasSubstr("TLS_"));
    client.join();
  }
}

// Carries bytes with their case turned round: as little as a transport on another one needs.
class Turned final : public Transport {
 public:
  explicit Turned(std::unique_ptr<Transport> below) : below_(std::move(below)) {}

  Handshake handshake() override { return below_->handshake(); }

  std::unique_ptr<TlsEngine> takeEngine() override { return below_->takeEngine(); }

  void giveBack(std::unique_ptr<TlsEngine> engine) override { below_->giveBack(std::move(engine)); }

  IoResult read(char* into, std::size_t capacity) override {
    const IoResult result = below_->read(into, capacity);
    std::transform(into, into + result.bytes, into, turn);
    return result;
  }

  IoResult write(const iovec* pieces, int count) override {
    EXPECT_EQ(count, 1);
    std::string text(static_cast<const char*>(pieces->iov_base), pieces->iov_len);
    std::transform(text.begin(), text.end(), text.begin(), turn);
    const iovec piece{text.data(), text.size()};
    return below_->write(&piece, 1);
  }

  void shutdown() override { below_->shutdown(); }

  Socket& socket() override { return below_->socket(); }

  void noteHangUp() override { below_->noteHangUp(); }

  const FailedCall& failedCall() const override { return below_->failedCall(); }

 private:
  static char turn(char c) { return static_cast<char>(c ^ 0x20); }

  std::unique_ptr<Transport> below_;
};

TEST_F(TlsTransportTest, CarriesAnotherTransport) {
  accept();
  transport = std::make_unique<Turned>(std::move(transport));
  connect([](SSL* ssl) {
    std::array<char, 4> text{};
    SSL_read(ssl, text.data(), text.size());
    SSL_write(ssl, text.data(), text.size());
    SSL_shutdown(ssl);
  });
  ASSERT_EQ(handshake(), Handshake::done);
  std::string text = "ping";
  const iovec piece{text.data(), text.size()};
  EXPECT_EQ(transport->write(&piece, 1).bytes, 4U);
  IoState end{};
  EXPECT_EQ(readToEnd(end), "ping");
  EXPECT_EQ(end, IoState::closed);
  EXPECT_NE(transport->takeEngine(), nullptr);
  EXPECT_EQ(transport->takeEngine(), nullptr);
}

TEST_F(TlsTransportTest, TakesNoMoreThanItsShareWhileTheSocketIsFull) {
  constexpr std::size_t kTotal = 8U << 20U;
  std::string got;
  accept();
  std::atomic<bool> may_read{false};
  connect([&](SSL* ssl) {
    while (!may_read)
      std::this_thread::yield();
    std::array<char, 65536> buffer{};
    for (int size = 1; size > 0 && got.size() < kTotal;) {
      size = SSL_read(ssl, buffer.data(), buffer.size());
      if (size > 0) got.append(buffer.data(), static_cast<std::size_t>(size));
    }
  });
  ASSERT_EQ(handshake(), Handshake::done);
  std::string text(kTotal, ' ');
  for (std::size_t i = 0; i < kTotal; ++i)
    text[i] = static_cast<char>(i * 31 >> 3U);
  const iovec piece{text.data(), text.size()};
  const IoResult result = transport->write(&piece, 1);
  EXPECT_EQ(result.state, IoState::drained);
  EXPECT_TRUE(transport->hasUnsent());
  EXPECT_LT(result.bytes, 2U << 20U);  // what the kernel takes, and a bounded number of records
  may_read = true;
  const std::size_t rest = kTotal - result.bytes;
  EXPECT_EQ(writeAll({{text.data() + result.bytes, rest}}), rest);
  client.join();
  EXPECT_TRUE(got == text);
}

TEST_F(TlsTransportTest, GathersPiecesIntoFullRecords) {
  forEachSeed(20, [this](Rng& rng) {
    std::string text;
    std::vector<std::size_t> sizes;
    while (text.size() < 200'000) {
      const std::size_t limit = rng.below(4) == 0 ? 50'000 : 5'000;
      sizes.push_back(rng.below(static_cast<std::uint32_t>(limit)));
      for (std::size_t i = 0; i < sizes.back(); ++i)
        text += static_cast<char>(rng.below(256));
    }
    std::vector<iovec> pieces;
    for (std::size_t at = 0; const std::size_t size : sizes) {
      pieces.push_back({text.data() + at, size});
      at += size;
    }
    std::string got;
    std::size_t records = 0;
    accept();
    connect([&](SSL* ssl) {
      std::array<char, 65536> buffer{};
      for (int size = 1; size > 0 && got.size() < text.size(); ++records) {
        size = SSL_read(ssl, buffer.data(), buffer.size());  // never more than a record
        if (size > 0) got.append(buffer.data(), static_cast<std::size_t>(size));
      }
    });
    ASSERT_EQ(handshake(), Handshake::done);
    EXPECT_EQ(writeAll(pieces), text.size());
    client.join();
    EXPECT_TRUE(got == text);
    EXPECT_LE(records, text.size() / TlsEngine::kRecord + 1 + refusals);
  });
}

TEST_F(TlsTransportTest, WritesToAPeerThatWantsSmallRecords) {
  std::string text(100'000, 'x');
  std::string got;
  accept();
  largest_record = TLSEXT_max_fragment_length_512;
  connect([&](SSL* ssl) {
    std::array<char, 65536> buffer{};
    for (int size = 1; size > 0 && got.size() < text.size();) {
      size = SSL_read(ssl, buffer.data(), buffer.size());
      EXPECT_LE(size, 512);
      if (size > 0) got.append(buffer.data(), static_cast<std::size_t>(size));
    }
  });
  ASSERT_EQ(handshake(), Handshake::done);
  EXPECT_EQ(writeAll({{text.data(), text.size()}}), text.size());
  client.join();
  EXPECT_TRUE(got == text);
}

// The answer to new keys that the peer asks for has to wait behind half a record.
TEST_F(TlsTransportTest, ChangesKeysWhileTheSocketIsFull) {
  std::string text(8U << 20U, 'x');
  std::string got;
  std::atomic<bool> is_full{false};
  accept();
  connect([&](SSL* ssl) {
    while (!is_full)
      std::this_thread::yield();
    SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED);
    SSL_write(ssl, "new", 3);
    std::array<char, 65536> buffer{};
    for (int size = 1; size > 0 && got.size() < text.size();) {
      size = SSL_read(ssl, buffer.data(), buffer.size());
      if (size > 0) got.append(buffer.data(), static_cast<std::size_t>(size));
    }
    SSL_write(ssl, "end", 3);
  });
  ASSERT_EQ(handshake(), Handshake::done);
  const iovec piece{text.data(), text.size()};
  const IoResult first = transport->write(&piece, 1);
  EXPECT_EQ(first.state, IoState::drained);
  is_full = true;
  std::array<char, 3> heard{};
  do {  // the keys come in a record of their own
    ASSERT_TRUE(waitReadable(transport->socket().fd()));
  } while (transport->read(heard.data(), heard.size()).bytes == 0);
  EXPECT_EQ(std::string_view(heard.data(), heard.size()), "new");
  EXPECT_EQ(first.bytes + writeAll({{text.data() + first.bytes, text.size() - first.bytes}}),
            text.size());
  client.join();
  EXPECT_TRUE(got == text);
  IoState end{};
  EXPECT_EQ(readToEnd(end), "end");
}

TEST_F(TlsTransportTest, UsesWhatWasReadBeforeIt) {
  accept();
  transport.reset();
  // The first bytes of the hello are read by whoever decides between TLS and plain.
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  peer.reset(ends[1]);
  connect([](SSL* ssl) { SSL_write(ssl, "hi", 2); });
  std::array<char, 7> first{};
  ASSERT_EQ(::recv(ends[0], first.data(), first.size(), MSG_WAITALL), 7);
  ASSERT_EQ(::fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
  Socket socket(ends[0]);
  auto made = TlsContext::create(settings);
  ASSERT_TRUE(made.has_value());
  transport = std::make_unique<TlsTransport>(std::move(socket), *made,
                                             std::string_view(first.data(), first.size()));
  ASSERT_EQ(handshake(), Handshake::done);
  IoState end{};
  EXPECT_EQ(readToEnd(end), "hi");
}

TEST_F(TlsTransportTest, SaysThatAPlainClientSpeaksNoTls) {
  accept();
  sendAll(peer.get(), "PING\r\nPING\r\n");
  EXPECT_EQ(handshake(), Handshake::failed);
  EXPECT_EQ(transport->handshakeError(), "tls: first record does not look like a TLS handshake");
}

TEST_F(TlsTransportTest, TellsAnEndWithinARecordFromOneBetweenThem) {
  for (const std::string_view sent : {"", "\x16\x03\x01"}) {
    accept();
    sendAll(peer.get(), sent);
    peer.reset();
    EXPECT_EQ(handshake(), Handshake::failed);
    EXPECT_EQ(transport->handshakeError(), sent.empty() ? "EOF" : "unexpected EOF");
    EXPECT_EQ(transport->tlsFacts().version, "");
  }
}

TEST_F(TlsTransportTest, AsksForTheCertificateItIsToldTo) {
  settings.verify = true;
  settings.roots = client_key.pair.chain;
  for (const bool shows : {true, false}) {
    accept();
    connect([](SSL*) {}, TLS1_2_VERSION, shows);
    EXPECT_EQ(handshake(), shows ? Handshake::done : Handshake::failed);
    transport.reset();
    client.join();
  }
}

TEST_F(TlsTransportTest, KnowsPinnedKeys) {
  settings.verify = true;
  settings.roots = client_key.pair.chain;
  for (const bool is_pinned : {true, false}) {
    settings.pinned = {std::string(64, '0'), is_pinned ? client_key.keyDigest() : "1"};
    accept();
    connect([](SSL*) {}, TLS1_3_VERSION, true);
    ASSERT_EQ(handshake(), Handshake::done);
    EXPECT_EQ(transport->isPinned(**TlsContext::create(settings)), is_pinned);
    client.join();
  }
}

TEST_F(TlsTransportTest, RefusesAnOldVersion) {
  settings.requires_tls13 = true;
  accept();
  connect([](SSL*) {}, TLS1_2_VERSION);
  EXPECT_EQ(handshake(), Handshake::failed);
}

TEST_F(TlsTransportTest, ChoosesWhatIsCheapOnEitherMachine) {
  settings.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305";
  const auto chosen = [this](int version) {
    accept();
    connect([](SSL*) {}, version);
    EXPECT_EQ(handshake(), Handshake::done);
    client.join();
    return transport->tlsFacts().cipher_suite;
  };
  for (const bool prefers_aes : {true, false}) {
    settings.prefers_aes = prefers_aes;
    EXPECT_EQ(chosen(TLS1_3_VERSION),
              prefers_aes ? "TLS_AES_128_GCM_SHA256" : "TLS_CHACHA20_POLY1305_SHA256");
    EXPECT_EQ(chosen(TLS1_2_VERSION), prefers_aes
                                          ? "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
                                          : "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256");
  }
}

TEST_F(TlsTransportTest, ShowsTheCertificateOfTheNameAskedFor) {
  settings.certificates.push_back(client_key.pair);
  for (const std::string name : {"server", "client", "other"}) {
    const X509* const expected = (name == "client" ? client_key : server_key).certificate.get();
    accept();
    connect(
        [expected](SSL* ssl) { EXPECT_EQ(X509_cmp(SSL_get0_peer_certificate(ssl), expected), 0); },
        TLS1_3_VERSION, false, name);
    EXPECT_EQ(handshake(), Handshake::done);
    client.join();
  }
  // What an SSL_CTX keeps there is Asio's.
  EXPECT_EQ(SSL_CTX_get_app_data((*TlsContext::create(settings))->native()), nullptr);
}

TEST(TlsContext, SaysWhatIsWrongWithItsSettings) {
  const SelfSigned good("good");
  const SelfSigned other("other");
  const auto errorOf = [](const TlsSettings& settings) {
    const auto made = TlsContext::create(settings);
    return made ? std::string() : made.error().text;
  };
  TlsSettings settings;
  settings.certificates = {{good.pair.chain, other.pair.key}};
  EXPECT_THAT(errorOf(settings), HasSubstr("TLS certificate and key"));
  settings.certificates = {{{"no certificate"}, good.pair.key}};
  EXPECT_THAT(errorOf(settings), HasSubstr("TLS certificate and key"));
  settings.certificates = {{{good.pair.chain.front(), "no certificate"}, good.pair.key}};
  EXPECT_THAT(errorOf(settings), HasSubstr("TLS certificate and key"));
  settings.certificates = {good.pair};
  EXPECT_EQ(errorOf(settings), "");
  settings.ciphers = "NO-SUCH-CIPHER";
  EXPECT_THAT(errorOf(settings), HasSubstr("TLS cipher suites"));
  settings.ciphers.clear();
  settings.groups = "no-such-curve";
  EXPECT_THAT(errorOf(settings), HasSubstr("TLS curve preferences"));
  settings.groups.clear();
  settings.verify = true;
  settings.roots = {good.pair.chain.front(), good.pair.chain.front()};
  EXPECT_EQ(errorOf(settings), "");
  settings.roots = {"no certificate"};
  EXPECT_THAT(errorOf(settings), HasSubstr("TLS root certificates"));
}

}  // namespace
}  // namespace gannet::net
