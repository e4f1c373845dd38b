#include "net/tls_transport.h"

#include "net/tls_context.h"
#include "tests/unit/base/temp_folder.h"
#include "tests/unit/net/loopback.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace gannet::net {
namespace {

using testing::HasSubstr;
using Handshake = TlsTransport::Handshake;

template <class T, void (*Free)(T*)>
struct Freed {
  void operator()(T* object) const { Free(object); }
};

using KeyPtr = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;
using CertificatePtr = std::unique_ptr<X509, Freed<X509, X509_free>>;
using ContextPtr = std::unique_ptr<SSL_CTX, Freed<SSL_CTX, SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, Freed<SSL, SSL_free>>;

// A key with a certificate that it signed itself, as two PEM files.
struct SelfSigned {
  SelfSigned(const TempFolder& folder, const std::string& name)
      : key(EVP_EC_gen("P-256")), certificate(X509_new()) {
    X509_set_version(certificate.get(), 2);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_set_pubkey(certificate.get(), key.get());
    X509_NAME* const subject = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509_set_issuer_name(certificate.get(), subject);
    X509_sign(certificate.get(), key.get(), EVP_sha256());
    files = {folder.at(name + ".crt"), folder.at(name + ".key")};
    write(files.cert_file, [this](FILE* file) { PEM_write_X509(file, certificate.get()); });
    write(files.key_file, [this](FILE* file) {
      PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
  }

  template <class F>
  static void write(const std::string& path, F&& print) {
    FILE* const file = std::fopen(path.c_str(), "w");
    ASSERT_NE(file, nullptr);
    print(file);
    std::fclose(file);
  }

  // Lower-case SHA-256 of the public key, as it is pinned.
  [[nodiscard]] std::string keyDigest() const {
    unsigned char* der = nullptr;
    const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate.get()), &der);
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256(der, static_cast<std::size_t>(size), digest.data());
    OPENSSL_free(der);
    std::string hex;
    for (const unsigned char byte : digest) {
      hex += "0123456789abcdef"[byte >> 4U];
      hex += "0123456789abcdef"[byte & 15U];
    }
    return hex;
  }

  KeyPtr key;
  CertificatePtr certificate;
  TlsSettings::KeyPair files;
};

// A transport on one end of a socket pair; a client on a thread of its own at the other.
class TlsTransportTest : public testing::Test {
 protected:
  TlsTransportTest() : server_key(folder, "server"), client_key(folder, "client") {
    settings.certificates.push_back(server_key.files);
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
  void connect(F talk, int max_version = TLS1_3_VERSION, bool shows_certificate = false) {
    client = std::thread([this, talk, max_version, shows_certificate] {
      const ContextPtr own(SSL_CTX_new(TLS_client_method()));
      SSL_CTX_set_max_proto_version(own.get(), max_version);
      if (shows_certificate) {
        SSL_CTX_use_certificate(own.get(), client_key.certificate.get());
        SSL_CTX_use_PrivateKey(own.get(), client_key.key.get());
      }
      const SslPtr ssl(SSL_new(own.get()));
      SSL_set_fd(ssl.get(), peer.get());
      if (SSL_connect(ssl.get()) == 1) talk(ssl.get());
      peer.reset();
    });
  }

  Handshake handshake() {
    while (true) {
      const Handshake state = transport->handshake();
      if (state == Handshake::wants_step) {
        auto engine = transport->lendEngine();
        engine->step();
        transport->takeBack(std::move(engine));
        continue;
      }
      if (state != Handshake::wants_input) return state;
      EXPECT_TRUE(waitReadable(transport->socket().fd()));
    }
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

  TempFolder folder;
  SelfSigned server_key;
  SelfSigned client_key;
  TlsSettings settings;
  Fd peer;
  std::unique_ptr<TlsTransport> transport;
  std::thread client;
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
  iovec piece{text.data(), text.size()};
  IoResult result = transport->write(&piece, 1);
  EXPECT_EQ(result.state, IoState::drained);
  EXPECT_TRUE(transport->hasUnsent());
  EXPECT_LT(result.bytes, 2U << 20U);  // what the kernel takes, and a bounded number of records
  may_read = true;
  std::size_t done = result.bytes;
  while (done < kTotal || transport->hasUnsent()) {
    pollfd room{transport->socket().fd(), POLLOUT, 0};
    ASSERT_EQ(::poll(&room, 1, static_cast<int>(kPatience.count())), 1);
    piece = {text.data() + done, kTotal - done};
    result = transport->write(&piece, done < kTotal ? 1 : 0);
    ASSERT_NE(result.state, IoState::failed);
    done += result.bytes;
  }
  client.join();
  EXPECT_TRUE(got == text);
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
  EXPECT_EQ(transport->lastError(), "tls: first record does not look like a TLS handshake");
}

TEST_F(TlsTransportTest, FailsWhenTheClientLeavesInTheMiddle) {
  accept();
  sendAll(peer.get(), "\x16\x03\x01");
  peer.reset();
  EXPECT_EQ(handshake(), Handshake::failed);
  EXPECT_EQ(transport->lastError(), "EOF");
  EXPECT_EQ(transport->tlsFacts().version, "");
}

TEST_F(TlsTransportTest, AsksForTheCertificateItIsToldTo) {
  settings.verify = true;
  settings.ca_file = client_key.files.cert_file;
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
  settings.ca_file = client_key.files.cert_file;
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

TEST(TlsContext, SaysWhatIsWrongWithItsSettings) {
  const TempFolder folder;
  const SelfSigned good(folder, "good");
  const SelfSigned other(folder, "other");
  const auto errorOf = [](const TlsSettings& settings) {
    const auto made = TlsContext::create(settings);
    return made ? std::string() : made.error().text;
  };
  TlsSettings settings;
  settings.certificates = {{folder.at("missing"), good.files.key_file}};
  EXPECT_THAT(errorOf(settings), HasSubstr("missing"));
  settings.certificates = {{good.files.cert_file, other.files.key_file}};
  EXPECT_THAT(errorOf(settings), HasSubstr("error parsing X509 certificate/key pair"));
  settings.certificates = {good.files};
  EXPECT_EQ(errorOf(settings), "");
  settings.ciphers = "NO-SUCH-CIPHER";
  EXPECT_THAT(errorOf(settings), HasSubstr("no usable cipher suite"));
  settings.ciphers.clear();
  settings.groups = "no-such-curve";
  EXPECT_THAT(errorOf(settings), HasSubstr("no usable curve preference"));
  settings.groups.clear();
  settings.verify = true;
  settings.ca_file = folder.at("missing");
  EXPECT_THAT(errorOf(settings), HasSubstr("failed to parse root ca certificate"));
}

}  // namespace
}  // namespace gannet::net
