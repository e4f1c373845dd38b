#include "protocol/control_line.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

namespace gannet::protocol {
namespace {

enum class Blank : std::uint8_t {
  required,  // between verb and argument
  optional,
  no_argument,  // everything up to LF is ignored
};

struct VerbRow {
  std::string_view text;
  Verb verb;
  Blank blank;
};

// The order decides nothing: no verb is the start of another.
constexpr std::array<VerbRow, 11> kVerbs = {{
    {"PUB", Verb::pub, Blank::required},
    {"PING", Verb::ping, Blank::no_argument},
    {"PONG", Verb::pong, Blank::no_argument},
    {"SUB", Verb::sub, Blank::required},
    {"UNSUB", Verb::unsub, Blank::required},
    {"HPUB", Verb::hpub, Blank::required},
    {"CONNECT", Verb::connect, Blank::optional},
    {"+OK", Verb::ok, Blank::no_argument},
    {"-ERR", Verb::err, Blank::required},
    {"INFO", Verb::info, Blank::optional},
    {"HMSG", Verb::hmsg, Blank::required},
}};

constexpr VerbRow kPub = kVerbs[0];

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

bool isBlank(char c) {
  return c == ' ' || c == '\t';
}

bool startsWithVerb(std::string_view bytes, std::string_view verb) {
  const std::size_t size = std::min(bytes.size(), verb.size());
  for (std::size_t i = 0; i < size; ++i) {
    if (upper(bytes[i]) != verb[i]) return false;
  }
  return true;
}

const VerbRow* findVerb(std::string_view bytes) {
  const auto* const row = std::find_if(kVerbs.begin(), kVerbs.end(), [bytes](const VerbRow& each) {
    return startsWithVerb(bytes, each.text);
  });
  return row == kVerbs.end() ? nullptr : row;
}

ControlLine scanIgnoredRest(std::string_view bytes, const VerbRow& row) {
  const std::size_t end = bytes.find('\n', row.text.size());
  if (end == std::string_view::npos) return {LineState::incomplete, row.verb, {}, row.text.size()};
  return {LineState::complete, row.verb, {}, end + 1};
}

// The argument begins at `start`, its first byte is no blank.
ControlLine scanArgument(std::string_view bytes, std::size_t start, Verb verb, std::size_t max) {
  const std::size_t reach = std::min(bytes.size() - start, max + 2);
  const char* const from = bytes.data() + start;
  const auto* const end = static_cast<const char*>(std::memchr(from, '\n', reach));
  std::size_t length = end == nullptr ? reach : static_cast<std::size_t>(end - from);
  const std::size_t size = start + length + 1;
  if (length > 0 && from[length - 1] == '\r') --length;
  const std::string_view args = bytes.substr(start, length);
  if (length > max) return {LineState::too_long, verb, args, 0};
  if (end == nullptr) return {LineState::incomplete, verb, args, bytes.size()};
  return {LineState::complete, verb, args, size};
}

ControlLine scanWithVerb(std::string_view bytes, const VerbRow& row, std::size_t max) {
  const std::size_t verb_size = row.text.size();
  if (bytes.size() <= verb_size) return {LineState::incomplete, row.verb, {}, bytes.size()};
  if (row.blank == Blank::no_argument) return scanIgnoredRest(bytes, row);
  if (row.blank == Blank::required && !isBlank(bytes[verb_size])) {
    return {LineState::unknown_verb, row.verb, {}, 0};
  }
  std::size_t start = verb_size;
  while (start < bytes.size() && isBlank(bytes[start]))
    ++start;
  if (start == bytes.size()) return {LineState::incomplete, row.verb, {}, verb_size + 1};
  return scanArgument(bytes, start, row.verb, max);
}

}  // namespace

ControlLine scanLine(std::string_view bytes, std::size_t max_control_line) {
  if (bytes.size() > 5 && std::memcmp(bytes.data(), "PUB ", 4) == 0 && !isBlank(bytes[4])) {
    return scanArgument(bytes, 4, Verb::pub, max_control_line);
  }
  const VerbRow* const row = findVerb(bytes);
  if (row == nullptr) return {LineState::unknown_verb, kPub.verb, {}, 0};
  return scanWithVerb(bytes, *row, max_control_line);
}

}  // namespace gannet::protocol
