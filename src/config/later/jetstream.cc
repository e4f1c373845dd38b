#include "base/go_quote.h"
#include "config/language/go_duration.h"
#include "config/later/block_keys.h"
#include "config/later/blocks.h"
#include "config/later/part.h"
#include "config/option_readers.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>

namespace gannet::config {
namespace {

// A size as a number, or as text: digits and one of K, M, G and T. Null after an error.
std::optional<std::int64_t> readStoreSize(const Found& found, std::string_view name,
                                          Findings& findings) {
  if (const auto* size = found.value().as<std::int64_t>()) return *size;
  const auto* text = found.value().as<std::string>();
  if (text == nullptr) {
    findings.error(found.at(), fmt::format("{} must be int64 or string", name));
    return std::nullopt;
  }
  if (text->empty()) return 0;
  const std::string_view digits = std::string_view(*text).substr(0, text->size() - 1);
  std::int64_t size = 0;
  const char* const end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, size);
  if (parsed.ec != std::errc{} || parsed.ptr != end) {
    findings.error(found.at(), fmt::format("{} strconv.ParseInt: parsing {}: invalid syntax", name,
                                           goQuote(digits)));
    return std::nullopt;
  }
  const std::size_t power = std::string_view("KMGT").find(text->back());
  if (power == std::string_view::npos) {
    findings.error(found.at(),
                   fmt::format("{} sizes defined as strings must end in K, M, G, T", name));
    return std::nullopt;
  }
  return size << (10 * (power + 1));
}

void checkMemorySize(const Found& found, Findings& findings) {
  static_cast<void>(readStoreSize(found, "max_mem_store", findings));
}

void checkFileSize(const Found& found, Findings& findings) {
  static_cast<void>(readStoreSize(found, "max_file_store", findings));
}

void checkNamedSize(const Found& found, Findings& findings) {
  static_cast<void>(readStoreSize(found, lowerCased(found.name), findings));
}

// Quoted, and followed by what the value must be.
void refuseSize(const Found& found, std::string_view adjective, std::string_view more,
                Findings& findings) {
  findings.error(found.at(), fmt::format("Expected {} size for {}{}, got {}", adjective,
                                         goQuote(found.name), more, display(found.value())));
}

void checkCount(const Found& found, Findings& findings) {
  if (found.value().as<std::int64_t>() == nullptr) {
    refuseSize(found, "a parseable", "", findings);
  }
}

void checkAbsoluteCount(const Found& found, Findings& findings) {
  const auto* count = found.value().as<std::int64_t>();
  if (count == nullptr || *count < 0) refuseSize(found, "an absolute", "", findings);
}

void checkAbsoluteSize(const Found& found, Findings& findings) {
  const auto size = readStoreSize(found, lowerCased(found.name), findings);
  if (size && *size < 0) refuseSize(found, "an absolute", "", findings);
}

void checkConcurrentIo(const Found& found, Findings& findings) {
  const auto* count = found.value().as<std::int64_t>();
  if (count == nullptr || *count < 4 || *count > 8192) {
    refuseSize(found, "an absolute", " between 4 and 8192", findings);
  }
}

void checkStrict(const Found& found, Findings& findings) {
  if (found.value().as<bool>() != nullptr) return;
  const auto* text = found.value().as<std::string>();
  findings.error(found.at(),
                 fmt::format("Expected 'true' or 'false' for bool value, got '{}'",
                             text != nullptr ? *text
                                             : fmt::format("%!s({}={})", typeName(found.value()),
                                                           display(found.value()))));
}

void checkCipher(const Found& found, Findings& findings) {
  const auto* text = expect<std::string>(found.value(), found.at(), findings);
  if (text == nullptr || isNamed("chacha chachapoly aes", lowerCased(*text))) return;
  findings.error(found.at(), fmt::format("Unknown cipher type: {}", goQuote(*text)));
}

void checkSync(const Found& found, Findings& findings) {
  const auto* text = found.value().as<std::string>();
  if (text == nullptr || lowerCased(*text) != "always") checkDuration(found, findings);
}

void checkPlainDuration(const Found& found, Findings& findings) {
  const auto* text = expect<std::string>(found.value(), found.at(), findings);
  if (text == nullptr) return;
  if (const auto duration = parseDuration(*text); !duration) {
    findings.errorWithoutPosition(duration.error().text);
  }
}

constexpr auto kBatchKeys = std::to_array<KeyRow>({
    {"max_inflight_per_stream max_inflight_total max_msgs", &checkInt},
    {"timeout", &checkPlainDuration},
});

void checkBatch(const Found& found, Findings& findings) {
  const Map* const map = blockOf(found, "Expected a map to define batch limits", findings);
  if (map != nullptr) checkKeys(*map, kBatchKeys, findings);
}

constexpr auto kLimitKeys = std::to_array<KeyRow>({
    {"default_max_consumers max_ack_pending max_ha_assets max_request_batch", &checkInt},
    {"duplicate_window", &checkPlainDuration},
    {"batch", &checkBatch},
});

void checkLimits(const Found& found, Findings& findings) {
  const Map* const map = blockOf(found, "Expected a map to define JetStreamLimits", findings);
  if (map != nullptr) checkKeys(*map, kLimitKeys, findings);
}

constexpr auto kTpmKeys = std::to_array<KeyRow>({
    {"keys_file encryption_password srk_password", &checkText},
    {"pcr", &checkInt},
    {"cipher", &checkCipher},
});

void checkTpm(const Found& found, Findings& findings) {
  const Map* const map = blockOf(found, "Expected a map to define JetStreamLimits", findings);
  if (map != nullptr) checkKeys(*map, kTpmKeys, findings);
}

constexpr auto kKeys = std::to_array<KeyRow>({
    {"enabled enable", &checkBool},
    {"strict", &checkStrict},
    {"store_dir storedir store", &checkAnything},  // readStoreDir() has it
    {"max_memory_store max_mem_store max_mem", &checkMemorySize},
    {"max_file_store max_file", &checkFileSize},
    {"domain extension_hint unique_tag", &checkText},
    {"key ek encryption_key prev_key prev_ek prev_encryption_key", &checkText},
    {"cipher", &checkCipher},
    {"sync sync_interval", &checkSync},
    {"limits", &checkLimits},
    {"tpm", &checkTpm},
    {"max_outstanding_catchup max_buffered_size", &checkNamedSize},
    {"max_buffered_msgs request_queue_limit info_queue_limit", &checkCount},
    {"meta_compact", &checkAbsoluteCount},
    {"meta_compact_size", &checkAbsoluteSize},
    {"meta_compact_sync", &checkBool},
    {"max_concurrent_io", &checkConcurrentIo},
});

// A block asks for JetStream unless it says `enabled: false`. Nothing after an error.
std::optional<bool> isEnabled(const Found& block, const Map& map, Findings& findings) {
  bool is_on = true;
  for (const Found& found : inFileOrder(map)) {
    if (!isNamed("enabled enable", lowerCased(found.name))) continue;
    const auto* value = expect<bool>(found.value(), block.at(), findings);
    if (value == nullptr) return std::nullopt;
    is_on = *value;
  }
  return is_on;
}

// What the value asks for; nothing after an error.
std::optional<bool> asksForJetStream(const Found& found, Findings& findings) {
  if (const auto* is_on = found.value().as<bool>()) return *is_on;
  if (const auto* map = found.value().as<Map>()) return isEnabled(found, *map, findings);
  const auto* text = found.value().as<std::string>();
  if (text == nullptr) {
    findings.error(found.at(),
                   fmt::format("Expected map, bool or string to define JetStream, got {}",
                               typeName(found.value())));
    return std::nullopt;
  }
  const std::string word = lowerCased(*text);
  if (isNamed("disabled disable", word)) return false;
  if (isNamed("enabled enable", word)) return true;
  findings.error(found.at(), fmt::format("Expected 'enabled' or 'disabled' for string value, got "
                                         "'{}'",
                                         *text));
  return std::nullopt;
}

}  // namespace

void readJetStream(const Found& found, Options& out, Findings& findings) {
  const auto is_asked = asksForJetStream(found, findings);
  if (!is_asked) return;
  if (*is_asked && !out.switched_off.contains(Part::jetstream)) {
    return refuse(found, Part::jetstream, findings);
  }
  const auto* map = found.value().as<Map>();
  if (map == nullptr) return;
  checkKeys(*map, kKeys, findings);
  for (const Found& key : inFileOrder(*map)) {
    if (isNamed("store_dir storedir store", lowerCased(key.name))) readStoreDir(key, out, findings);
  }
}

void readStoreDir(const Found& found, Options& out, Findings& findings) {
  if (!out.store_dir.empty()) {
    return findings.error(found.at(), "Duplicate 'store_dir' configuration");
  }
  read(found, out.store_dir, findings);
}

}  // namespace gannet::config
