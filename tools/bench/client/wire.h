#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gannet::bench {

// The few lines of the client protocol that a load generator speaks.

struct Credentials {
  std::string user{};
  std::string password{};
  std::string token{};
};

inline constexpr std::string_view kPing = "PING\r\n";
inline constexpr std::string_view kPong = "PONG\r\n";

// `CONNECT {...}` with its line end: not verbose, not pedantic.
[[nodiscard]] std::string connectLine(const Credentials& credentials);

// `SUB subject sid` or, with a queue group, `SUB subject queue sid`.
[[nodiscard]] std::string subscribeLine(std::string_view subject, std::string_view queue,
                                        std::string_view sid);

// A whole `PUB` with `size` bytes of payload; an empty reply means none.
[[nodiscard]] std::string publishFrame(std::string_view subject, std::string_view reply,
                                       std::size_t size);

// What a server sends a subscriber for publishFrame(subject, "", size): its length in bytes.
[[nodiscard]] std::size_t messageFrameSize(std::string_view subject, std::string_view sid,
                                           std::size_t size);

// The control line of a delivery. Views into the line.
struct MessageLine {
  std::string_view subject;
  std::string_view reply;  // empty: none
  std::size_t size = 0;    // of the payload, without its CR LF
};

// Reads `MSG subject sid [reply] size`, given without its CR LF. Nothing for any other line.
std::optional<MessageLine> parseMessageLine(std::string_view line);

}  // namespace gannet::bench
