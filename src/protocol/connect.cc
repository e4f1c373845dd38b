#include "protocol/connect.h"

#include "base/json.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

namespace gannet::protocol {
namespace {

// What routes and leaf nodes send besides. A client's are checked for their type and dropped.
struct SubjectLists {
  std::vector<std::string> allow;
  std::vector<std::string> deny;
};
BOOST_DESCRIBE_STRUCT(SubjectLists, (), (allow, deny))

struct ConnectWire : ConnectOptions {
  std::string remote_account;
  SubjectLists import_;
  SubjectLists export_;
};
BOOST_DESCRIBE_STRUCT(ConnectWire, (ConnectOptions), (remote_account, import_, export_))

constexpr std::string_view kRedacted = "[REDACTED]";

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool startsWithFold(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() &&
         std::equal(prefix.begin(), prefix.end(), text.begin(),
                    [](char want, char have) { return want == lower(have); });
}

bool isSecret(std::string_view field) {
  constexpr std::array<std::string_view, 2> kPrefixes = {"pass", "auth_token"};
  constexpr std::array<std::string_view, 3> kNames = {"sig", "proxy_sig", "nkey"};
  return std::any_of(kPrefixes.begin(), kPrefixes.end(),
                     [&](std::string_view prefix) { return startsWithFold(field, prefix); }) ||
         std::any_of(kNames.begin(), kNames.end(), [&](std::string_view name) {
           return field.size() == name.size() && startsWithFold(field, name);
         });
}

// The size of the string at the start of `text`, with both quotes if it has an end.
std::size_t stringSize(std::string_view text) {
  std::size_t at = 1;
  while (at < text.size() && text[at] != '"')
    at += text[at] == '\\' ? 2 : 1;
  return std::min(at + 1, text.size());
}

// The size of what separates a field's name from its value; 0 if no value follows.
std::size_t colonSize(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t colon = text.find_first_not_of(kBlanks);
  if (colon == std::string_view::npos || text[colon] != ':') return 0;
  return std::min(text.find_first_not_of(kBlanks, colon + 1), text.size());
}

std::string_view take(std::string_view& text, std::size_t size) {
  const std::string_view front = text.substr(0, size);
  text.remove_prefix(front.size());
  return front;
}

// Takes the value at the start of `text` and appends what is shown in its place.
void redactValue(std::string& out, std::string_view& text) {
  if (text.starts_with('"')) {
    take(text, stringSize(text));
    out.append("\"").append(kRedacted).append("\"");
  } else {
    take(text, std::min(text.find_first_of(",}] \t\r\n"), text.size()));
    out.append(kRedacted);
  }
}

}  // namespace

Result<void, Error> decodeConnect(std::string_view json, ConnectOptions& current) {
  ConnectWire wire;
  static_cast<ConnectOptions&>(wire) = current;
  auto decoded = json::read(json, wire);
  if (decoded) current = std::move(static_cast<ConnectOptions&>(wire));
  return decoded;
}

std::string redactConnect(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  while (!json.empty()) {
    out.append(take(json, std::min(json.find('"'), json.size())));
    if (json.empty()) break;
    const std::string_view string = take(json, stringSize(json));
    out.append(string);
    const std::size_t colon = colonSize(json);
    if (colon == 0 || string.size() < 2) continue;
    out.append(take(json, colon));
    if (isSecret(string.substr(1, string.size() - 2))) redactValue(out, json);
  }
  return out;
}

}  // namespace gannet::protocol
