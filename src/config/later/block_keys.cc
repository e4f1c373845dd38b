#include "config/later/block_keys.h"

#include "base/go_quote.h"
#include "config/blocks/tls.h"
#include "config/language/go_duration.h"
#include "config/option_readers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_set>

namespace gannet::config {
namespace {

template <class T>
void checkType(const Found& found, Findings& findings) {
  static_cast<void>(expect<T>(found.value(), found.at(), findings));
}

template <class T>
void checkRead(const Found& found, Findings& findings) {
  T scratch{};
  read(found, scratch, findings);
}

bool isHex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// What Go's url.Parse refuses first of all: a broken escape, a blank or a control character.
bool isUrl(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (static_cast<unsigned char>(c) <= ' ' || c == '\x7f') return false;
    if (c == '%' && (i + 2 >= text.size() || !isHex(text[i + 1]) || !isHex(text[i + 2]))) {
      return false;
    }
  }
  return true;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

void checkThresholds(const Found& found, Findings& findings) {
  const auto* array = expect<Array>(found.value(), found.at(), findings);
  if (array == nullptr) return;
  for (const Value& element : *array) {
    const auto* text = expect<std::string>(element, element.at, findings);
    if (text == nullptr) return;
    if (const auto duration = parseDuration(*text); !duration) {
      return findings.error(element.at, duration.error().text);
    }
  }
}

constexpr auto kCompressionKeys = std::to_array<KeyRow>({
    {"mode", &checkText},
    {"rtt_thresholds thresholds rtts rtt", &checkThresholds},
});

constexpr auto kLoginKeys = std::to_array<KeyRow>({
    {"user username", &checkText},
    {"pass password", &checkText},
});

// What these say concerns a part in use only: a block that is off needs none of them.
constexpr std::string_view kOnlyInUse = "verify_and_map verify_cert_and_check_known_urls ocsp_peer";

}  // namespace

bool isNamed(std::string_view names, std::string_view name) {
  while (!names.empty()) {
    const std::size_t end = std::min(names.find(' '), names.size());
    if (names.substr(0, end) == name) return true;
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return false;
}

const KeyRow* findKey(std::span<const KeyRow> keys, std::string_view name) {
  const std::string key = lowerCased(name);
  const auto row = std::find_if(keys.begin(), keys.end(),
                                [&key](const KeyRow& known) { return isNamed(known.names, key); });
  return row == keys.end() ? nullptr : &*row;
}

void checkKeys(const Map& map, std::span<const KeyRow> keys, Findings& findings) {
  for (const Found& found : inFileOrder(map)) {
    const KeyRow* const row = findKey(keys, found.name);
    if (row != nullptr) {
      row->check(found, findings);
    } else if (!found.entry->is_variable) {
      findings.error(found.at(), fmt::format("unknown field {}", goQuote(found.name)));
    }
  }
}

const Map* blockOf(const Found& found, std::string_view what, Findings& findings) {
  const auto* map = found.value().as<Map>();
  if (map == nullptr) {
    findings.error(found.at(), fmt::format("{}, got {}", what, typeName(found.value())));
  }
  return map;
}

void checkMaps(const Found& found, std::string_view what, std::span<const KeyRow> keys,
               Findings& findings) {
  const auto* array = found.value().as<Array>();
  if (array == nullptr) return;
  for (const Value& element : *array) {
    if (const auto* map = element.as<Map>()) {
      checkKeys(*map, keys, findings);
    } else {
      findings.error(element.at, fmt::format("Expected {} entry to be a map/struct, got {}", what,
                                             display(element)));
    }
  }
}

bool isListening(const Map& map) {
  std::int64_t port = 0;
  for (const Found& found : inFileOrder(map)) {
    const std::string name = lowerCased(found.name);
    Findings unused;  // what is wrong with them is found by the block's own check
    if (name == "port") read(found, port, unused);
    if (name != "listen") continue;
    if (const auto listen = readListen(found, unused)) port = listen->port;
  }
  return port != 0;
}

void checkText(const Found& found, Findings& findings) {
  checkType<std::string>(found, findings);
}

void checkInt(const Found& found, Findings& findings) {
  checkType<std::int64_t>(found, findings);
}

void checkBool(const Found& found, Findings& findings) {
  checkType<bool>(found, findings);
}

void checkMap(const Found& found, Findings& findings) {
  checkType<Map>(found, findings);
}

void checkAnything(const Found& /*found*/, Findings& /*findings*/) {}

void checkDuration(const Found& found, Findings& findings) {
  checkRead<std::chrono::nanoseconds>(found, findings);
}

void checkWriteTimeout(const Found& found, Findings& findings) {
  checkRead<WriteTimeout>(found, findings);
}

void checkListenAddress(const Found& found, Findings& findings) {
  static_cast<void>(readListen(found, findings));
}

void checkTlsBlock(const Found& found, Findings& findings) {
  const auto* map = expect<Map>(found.value(), found.at(), findings);
  if (map == nullptr) return;
  Map kept;
  for (const auto& [name, entry] : *map) {
    if (!isNamed(kOnlyInUse, lowerCased(name))) kept.emplace(name, entry);
  }
  const Entry entry{Value{std::move(kept), found.value().at}, found.at()};
  Options scratch;
  readTls({found.name, &entry}, scratch, findings);
}

void checkCompression(const Found& found, Findings& findings) {
  if (found.value().as<bool>() != nullptr || found.value().as<std::string>() != nullptr) return;
  const auto* map = found.value().as<Map>();
  if (map != nullptr) return checkKeys(*map, kCompressionKeys, findings);
  findings.error(found.at(), fmt::format("field {} should be a boolean or a structure, got {}",
                                         goQuote(found.name), typeName(found.value())));
}

void checkTextList(const Found& found, std::string_view what, Findings& findings) {
  if (found.value().as<std::string>() != nullptr) return;
  const auto* array = found.value().as<Array>();
  if (array == nullptr) {
    return findings.error(found.at(), fmt::format("error parsing {}: unsupported type {}", what,
                                                  typeName(found.value())));
  }
  for (const Value& element : *array) {
    if (element.as<std::string>() != nullptr) continue;
    findings.error(element.at, fmt::format("error parsing {}: unsupported type in array {}", what,
                                           typeName(element)));
  }
}

void checkUrls(const Found& found, std::string_view kind, Findings& findings) {
  const auto* array = expect<Array>(found.value(), found.at(), findings);
  if (array == nullptr) return;
  std::unordered_set<std::string_view> seen;
  for (const Value& element : *array) {
    const auto* text = expect<std::string>(element, element.at, findings);
    if (text == nullptr) return;
    if (!seen.insert(*text).second) {
      findings.warnOfUse(element.at, *text, fmt::format("Duplicate {} entry detected", kind));
    } else if (!isUrl(trimmed(*text))) {
      findings.error(element.at, fmt::format("error parsing {} url [{}]", kind, goQuote(*text)));
    }
  }
}

void checkLogin(const Found& found, std::span<const KeyRow> more, Findings& findings) {
  const auto* map = expect<Map>(found.value(), found.at(), findings);
  if (map == nullptr) return;
  std::vector<KeyRow> keys(kLoginKeys.begin(), kLoginKeys.end());
  keys.insert(keys.end(), more.begin(), more.end());
  checkKeys(*map, keys, findings);
}

void checkLoginTimeout(const Found& found, Findings& findings) {
  double scratch = 0;
  static_cast<void>(
      readSeconds(found, {"error parsing authorization config, ", true}, scratch, findings));
}

}  // namespace gannet::config
