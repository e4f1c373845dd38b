#pragma once

#include <cstdint>
#include <string_view>

namespace gannet::protocol {

// A PUB or HPUB line as nearly every client writes it: upper case, one blank between arguments, no
// blank at the end, CR LF.
struct PubLine {
  std::string_view subject;
  std::string_view reply;  // empty: none
  // "[reply ][header_size ]size\r\n" as it stands in the line. The payload follows it directly, so
  // that both can leave in one piece behind a new "MSG subject sid ".
  std::string_view tail;
  std::uint32_t size = 0;         // of headers and payload
  std::uint32_t header_size = 0;  // HPUB: 1 to `size`
  bool has_headers = false;       // HPUB
};

// The longest line that parsePubLine() takes, counted from behind the verb to CR.
inline constexpr std::size_t kMaxPubLine = 256;

// Bytes behind the end of the input that parsePubLine() may read, but never uses.
inline constexpr std::size_t kPubLineSlack = 64;

// Parses the line at the start of `bytes` in one sweep. False if it is not such a line, is
// incomplete, longer than kMaxPubLine, wrong or without a byte of headers in an HPUB: scanLine(),
// parsePub() and parseHpub() then say what it is. kPubLineSlack bytes behind `bytes` are readable.
//
// Cost  About 5 ns for each 64 bytes; allocates nothing.
// Spec  client-protocol §4
[[nodiscard]] bool parsePubLine(std::string_view bytes, PubLine& line);

// The same without vector instructions: what tests and fuzzers compare with.
[[nodiscard]] bool parsePubLinePortable(std::string_view bytes, PubLine& line);

}  // namespace gannet::protocol
