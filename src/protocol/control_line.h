#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gannet::protocol {

enum class Verb : std::uint8_t {
  connect,
  info,
  pub,
  hpub,
  sub,
  unsub,
  hmsg,
  ping,
  pong,
  ok,
  err,
};

enum class LineState : std::uint8_t {
  complete,
  incomplete,    // more bytes may make it complete
  unknown_verb,  // no bytes can
  too_long,      // the argument exceeds max_control_line
};

// What stands at the start of some received bytes.
struct ControlLine {
  LineState state = LineState::incomplete;
  Verb verb = Verb::ping;  // valid if complete or too_long
  std::string_view args;   // without verb, leading blanks and line end; views into the bytes
  std::size_t size = 0;    // complete: bytes up to and including LF. incomplete: bytes to keep
};

// Finds verb and argument of the operation at the start of `bytes`. Looks at no byte behind the
// line's end and at no more than a verb, blanks and `max_control_line` + 2 bytes of a line that has
// none. Of an incomplete line whose rest is ignored anyway (PING, or blanks before the argument)
// only the part that matters is to be kept.
//
// Cost  One pass over the line, no allocation.
// Spec  client-protocol §4.1, §4.2, §4.4
[[nodiscard]] ControlLine scanLine(std::string_view bytes, std::size_t max_control_line);

}  // namespace gannet::protocol
