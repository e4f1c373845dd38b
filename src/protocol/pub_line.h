#pragma once

#include <cstdint>
#include <string_view>

namespace gannet::protocol {

// A PUB line as nearly every client writes it: upper case, one blank between arguments, no blank at
// the end, CR LF.
struct PubLine {
  std::string_view subject;
  std::string_view reply;  // empty: none
  // "[reply ]size\r\n" as it stands in the line. The payload follows it directly, so that both can
  // leave in one piece behind a new "MSG subject sid ".
  std::string_view tail;
  std::uint32_t size = 0;  // of the payload
};

// Bytes behind the end of the input that parsePubLine() may read, but never uses.
inline constexpr std::size_t kPubLineSlack = 64;

// Parses the line at the start of `bytes` in one sweep. False if it is not such a line, is
// incomplete, has more than 64 bytes behind the verb or any error: scanLine() and parsePub() then
// say what it is. kPubLineSlack bytes behind `bytes` are readable.
//
// Cost  About 5 ns; allocates nothing.
// Spec  client-protocol §4
[[nodiscard]] bool parsePubLine(std::string_view bytes, PubLine& line);

// The same without vector instructions: what tests and fuzzers compare with.
[[nodiscard]] bool parsePubLinePortable(std::string_view bytes, PubLine& line);

}  // namespace gannet::protocol
