#pragma once

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace gannet::bench {

// A key with a certificate for 127.0.0.1 that it signed itself.
struct Identity {
  Identity() : key(EVP_EC_gen("P-256"), &EVP_PKEY_free), certificate(X509_new(), &X509_free) {
    X509_set_version(certificate.get(), 2);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_set_pubkey(certificate.get(), key.get());
    X509_NAME* const name = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("bench"), -1, -1, 0);
    X509_set_issuer_name(certificate.get(), name);
    X509_EXTENSION* const names =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1");
    X509_add_ext(certificate.get(), names, -1);
    X509_EXTENSION_free(names);
    X509_sign(certificate.get(), key.get(), EVP_sha256());
  }

  [[nodiscard]] std::string pem() const {
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> bio(BIO_new(BIO_s_mem()), &BIO_free_all);
    PEM_write_bio_X509(bio.get(), certificate.get());
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &text);
    return {text, static_cast<std::size_t>(size)};
  }

  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key;
  std::unique_ptr<X509, decltype(&X509_free)> certificate;
};

// A server of one connection, which speaks TLS behind its INFO: it answers the hello, says what its
// script holds, and keeps what it gets until the client closes.
class TlsServer {
 public:
  struct Script {
    std::string info = "INFO {\"tls_required\":true} \r\n";
    std::vector<std::string> says{};  // when the client speaks again, each in its own record
    bool closes = false;              // behind that, without the farewell of TLS
  };

  TlsServer() : TlsServer(Script{}) {}

  explicit TlsServer(Script script) : script_(std::move(script)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener_, 1), 0);
    EXPECT_EQ(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }

  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  ~TlsServer() {
    shutdown(listener_, SHUT_RDWR);  // ends an accept that nobody came to
    if (thread_.joinable()) thread_.join();
    close(listener_);
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }

  [[nodiscard]] const Identity& identity() const { return identity_; }

  // Returns once the script lies in the client's socket, which must have room for it.
  void waitUntilSaid() { has_said_all_.get_future().wait(); }

  // What came behind the hello. Returns once the client has closed.
  const std::string& finish() {
    thread_.join();
    return received_;
  }

  // The most that came in one record. Behind finish().
  [[nodiscard]] std::size_t largestRecord() const { return largest_record_; }

 private:
  void serve() {
    const int fd = accept(listener_, nullptr, nullptr);
    if (fd < 0) return;
    ::send(fd, script_.info.data(), script_.info.size(), MSG_NOSIGNAL);
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(
        SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
    SSL_CTX_use_certificate(context.get(), identity_.certificate.get());
    SSL_CTX_use_PrivateKey(context.get(), identity_.key.get());
    const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), &SSL_free);
    SSL_set_fd(ssl.get(), fd);
    if (SSL_accept(ssl.get()) == 1) talk(ssl.get());
    close(fd);
  }

  void talk(SSL* ssl) {
    std::array<char, 32768> buffer{};
    std::string hello;
    while (!hello.ends_with("PING\r\n")) {
      const int got = SSL_read(ssl, buffer.data(), buffer.size());
      if (got <= 0) return;
      hello.append(buffer.data(), static_cast<std::size_t>(got));
    }
    say(ssl, "PONG\r\n");
    if (!script_.says.empty() && SSL_read(ssl, buffer.data(), buffer.size()) <= 0) return;
    for (const std::string& text : script_.says)
      say(ssl, text);
    has_said_all_.set_value();
    if (script_.closes) return;
    for (int got = 0; (got = SSL_read(ssl, buffer.data(), buffer.size())) > 0;) {
      largest_record_ = std::max(largest_record_, static_cast<std::size_t>(got));
      received_.append(buffer.data(), static_cast<std::size_t>(got));
    }
  }

  static void say(SSL* ssl, std::string_view text) {
    SSL_write(ssl, text.data(), static_cast<int>(text.size()));
  }

  Script script_;
  Identity identity_;
  int listener_ = socket(AF_INET, SOCK_STREAM, 0);
  std::uint16_t port_ = 0;
  std::promise<void> has_said_all_;
  std::string received_;
  std::size_t largest_record_ = 0;
  std::thread thread_;
};

}  // namespace gannet::bench
