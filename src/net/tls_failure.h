#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using SSL = struct ssl_st;
using X509 = struct x509_st;
using X509_STORE_CTX = struct x509_store_ctx_st;

// Why a handshake failed, in the words of the reference where it has some: operators search their
// logs for them. Those are the words of Go's crypto/tls, which OpenSSL's errors do not suffice for,
// so a little of what the client sent is remembered until the handshake is over.
namespace gannet::net {

// What a client offered in its hello.
struct ClientOffer {
  std::vector<std::uint16_t> versions;
  std::vector<std::uint16_t> suites;

  // Reads it off, within OpenSSL's callback for a client's hello.
  static ClientOffer of(SSL* ssl);
};

// Follows the framing of what a client sends: records, each behind a header of five bytes.
//
//   0       1       3       5
//   | type  | version | size  | fragment … |
class RecordWatch {
 public:
  void take(std::string_view bytes);

  // True if the stream stands between a record's first byte and its last one.
  [[nodiscard]] bool isWithinRecord() const { return header_size_ > 0 || left_ > 0; }

  // The text for the first header that Go would have refused; empty if there was none.
  [[nodiscard]] std::string fault() const;

 private:
  static constexpr std::size_t kHeader = 5;
  using Header = std::array<unsigned char, kHeader>;

  static std::string faultOf(const Header& header, bool is_first);

  Header header_{};
  std::size_t header_size_ = 0;  // bytes of the header that have come, while it is incomplete
  std::size_t left_ = 0;         // bytes of the fragment that are still to come
  bool is_first_ = true;         // no header is complete
  bool has_fault_ = false;
  bool is_first_fault_ = false;  // the header at fault is the first one
  Header at_fault_{};
};

// What a client is told of that begins with anything but TLS: a plain one, a browser.
inline constexpr std::string_view kNotTls = "tls: first record does not look like a TLS handshake";

// The text for OpenSSL's error `code`; 0 if the peer ended the stream in order.
[[nodiscard]] std::string failureText(unsigned long code, const ClientOffer& offer,
                                      const RecordWatch& records);

// The text for the certificates of the peer in `store`, which OpenSSL has just refused: why, and
// each of them with its subject and fingerprint.
[[nodiscard]] std::string refusalText(X509_STORE_CTX* store);

}  // namespace gannet::net
