#pragma once

#include "base/result.h"

#include <cstdint>
#include <string_view>

// The arguments of the verbs that a client sends. Everything is a view into the control line, valid
// until the next read; nothing here allocates. Spec: client-protocol §4.5, §4.6, §6, §7.
namespace gannet::protocol {

enum class PubError : std::uint8_t {
  argument_count,
  bad_size,
  bad_header_size,
  header_exceeds_total,
};

struct PubArgs {
  std::string_view subject;
  std::string_view reply;        // empty: none
  std::string_view header_text;  // the digits of header_size as sent; empty for PUB
  std::string_view size_text;    // the digits of size as sent
  std::uint32_t header_size = 0;
  std::uint32_t size = 0;  // of what follows (headers and payload), without its CR LF
};

// Parses "subject [reply] size".
Result<PubArgs, PubError> parsePub(std::string_view args);

// Parses "subject [reply] header_size size".
Result<PubArgs, PubError> parseHpub(std::string_view args);

struct SubArgs {
  std::string_view subject;
  std::string_view queue;  // empty: none
  std::string_view sid;
};

enum class ArgumentError : std::uint8_t { argument_count };

// Parses "subject [queue] sid".
Result<SubArgs, ArgumentError> parseSub(std::string_view args);

struct UnsubArgs {
  std::string_view sid;
  std::int64_t max = -1;  // -1: none, or not a number
};

// Parses "sid [max]".
Result<UnsubArgs, ArgumentError> parseUnsub(std::string_view args);

// One to nine decimal digits; -1 for anything else. Spec: client-protocol §4.5
[[nodiscard]] std::int64_t parseSize(std::string_view text);

}  // namespace gannet::protocol
