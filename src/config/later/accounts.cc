#include "config/later/accounts.h"

#include "base/go_quote.h"
#include "config/later/block_keys.h"
#include "config/later/part.h"
#include "config/option_readers.h"

#include <fmt/format.h>

#include <array>
#include <optional>

namespace gannet::config {
namespace {

// Reports "error parsing WHAT: unsupported type T".
void refuseType(const Found& found, std::string_view what, Findings& findings) {
  findings.error(found.at(), fmt::format("error parsing {}: unsupported type {}", what,
                                         typeName(found.value())));
}

// A list of names, of which a single one may stand without brackets: an empty list asks for
// nothing.
void readList(const Found& found, std::string_view what, Part part, Findings& findings) {
  const auto* array = found.value().as<Array>();
  if (array == nullptr && found.value().as<std::string>() == nullptr) {
    return refuseType(found, what, findings);
  }
  if (array == nullptr || !array->empty()) refuse(found, part, findings);
}

// A text that asks for nothing when it is empty.
void readAsked(const Found& found, Part part, Findings& findings) {
  const auto* text = expect<std::string>(found.value(), found.at(), findings);
  if (text != nullptr && !text->empty()) refuse(found, part, findings);
}

void checkSeconds(const Found& found, Findings& findings) {
  const Value& value = found.value();
  if (value.as<std::int64_t>() != nullptr || value.as<double>() != nullptr) return;
  std::chrono::nanoseconds scratch{0};
  read(found, scratch, findings);
}

void checkCacheType(const Found& found, Findings& findings) {
  const auto* text = expect<std::string>(found.value(), found.at(), findings);
  if (text == nullptr || isNamed("local none", lowerCased(*text))) return;
  findings.error(found.at(),
                 fmt::format("error parsing OCSP peer cache config, unknown type [{}]", *text));
}

constexpr auto kCacheKeys = std::to_array<KeyRow>({
    {"type", &checkCacheType},
    {"local_store", &checkText},
    {"preserve_revoked", &checkBool},
    {"save_interval", &checkSeconds},
});

// The mode in lower case; nothing after an error.
std::optional<std::string> readOcspMode(const Found& found, const Found& mode, Findings& findings) {
  const auto* text = expect<std::string>(mode.value(), found.at(), findings);
  if (text == nullptr) return std::nullopt;
  const std::string word = lowerCased(*text);
  if (isNamed("auto never must always", word)) return word;
  findings.error(mode.at(), "error parsing ocsp config: unsupported ocsp mode string");
  return std::nullopt;
}

}  // namespace

void readAccounts(const Found& found, Options& /*out*/, Findings& findings) {
  const auto* map = found.value().as<Map>();
  const auto* array = found.value().as<Array>();
  const bool is_asked = (map != nullptr && !map->empty()) || (array != nullptr && !array->empty());
  if (is_asked) refuse(found, Part::accounts, findings);
}

void readMappings(const Found& found, Options& /*out*/, Findings& findings) {
  const auto* map = expect<Map>(found.value(), found.at(), findings);
  if (map != nullptr && !map->empty()) refuse(found, Part::mappings, findings);
}

void readSystemAccount(const Found& found, Options& out, Findings& findings) {
  const auto* name = found.value().as<std::string>();
  if (name == nullptr) {
    return findings.error(found.at(), "system account name must be a string");
  }
  if (*name == "$G") return refuse(found, Part::accounts, findings);
  out.system_account = *name;
}

void readNoAuthUser(const Found& found, Options& /*out*/, Findings& findings) {
  readAsked(found, Part::users, findings);
}

void readSentinel(const Found& found, Options& /*out*/, Findings& findings) {
  readAsked(found, Part::operators, findings);
}

void readTrustedKeys(const Found& found, Options& /*out*/, Findings& findings) {
  readList(found, "trusted", Part::operators, findings);
}

void readOperators(const Found& found, Options& /*out*/, Findings& findings) {
  readList(found, "operators", Part::operators, findings);
}

void readResolver(const Found& found, Options& /*out*/, Findings& findings) {
  refuse(found, Part::operators, findings);
}

void readResolverTls(const Found& found, Options& /*out*/, Findings& findings) {
  checkTlsBlock(found, findings);
}

void readResolverPreload(const Found& found, Options& /*out*/, Findings& findings) {
  const auto* map = found.value().as<Map>();
  if (map == nullptr) {
    return findings.error(found.at(), "preload should be a map of account_public_key:account_jwt");
  }
  if (!map->empty()) refuse(found, Part::operators, findings);
}

void readPinnedAccounts(const Found& found, Options& /*out*/, Findings& findings) {
  readList(found, "resolver_pinned_accounts", Part::operators, findings);
}

void readDefaultJsDomain(const Found& found, Options& /*out*/, Findings& findings) {
  const auto* map = found.value().as<Map>();
  if (map == nullptr) {
    return findings.error(found.at(), fmt::format("error default_js_domain config: unsupported "
                                                  "type {}",
                                                  typeName(found.value())));
  }
  if (!map->empty()) refuse(found, Part::jetstream, findings);
}

void readFeatureFlags(const Found& found, Options& out, Findings& findings) {
  const auto* map = found.value().as<Map>();
  if (map == nullptr) {
    return findings.error(
        found.at(),
        fmt::format("error parsing feature flags: unsupported type {}", typeName(found.value())));
  }
  std::map<std::string, bool> flags;
  for (const Found& flag : inFileOrder(*map)) {
    const auto* is_on = flag.value().as<bool>();
    if (is_on == nullptr) {
      return findings.error(flag.at(),
                            fmt::format("error parsing feature flag {}: expected bool, got {}",
                                        goQuote(flag.name), typeName(flag.value())));
    }
    flags.emplace(flag.name, *is_on);
  }
  out.feature_flags = std::move(flags);
}

void readOcsp(const Found& found, Options& out, Findings& findings) {
  const auto* map = found.value().as<Map>();
  const auto* is_on = found.value().as<bool>();
  if (map == nullptr && is_on == nullptr) return refuseType(found, "ocsp config", findings);
  std::string mode = is_on != nullptr && !*is_on ? "never" : "auto";
  if (map != nullptr) {
    for (const Found& key : inFileOrder(*map)) {
      if (key.name == "mode") {
        const auto written = readOcspMode(found, key, findings);
        if (!written) return;
        mode = *written;
      } else if (key.name == "url") {
        if (expect<std::string>(key.value(), found.at(), findings) == nullptr) return;
      } else {
        return findings.error(key.at(), "error parsing ocsp config: unsupported field string");
      }
    }
  }
  if (isNamed("must always", mode)) return refuse(found, Part::ocsp, findings);
  out.is_stapling_off = mode == "never";
  out.ocsp = display(found.value());
}

void readOcspCache(const Found& found, Options& out, Findings& findings) {
  const auto* map = found.value().as<Map>();
  if (map == nullptr && found.value().as<bool>() == nullptr) {
    return refuseType(found, "tags", findings);  // the reference's word
  }
  if (map != nullptr) {
    for (const Found& key : inFileOrder(*map)) {
      const KeyRow* const row = findKey(kCacheKeys, key.name);
      if (row == nullptr) {
        return findings.error(
            key.at(), fmt::format("error parsing OCSP peer cache config, unknown field [{}]",
                                  goQuote(key.name)));
      }
      row->check(key, findings);
    }
  }
  out.ocsp_cache = display(found.value());
}

void readProfPort(const Found& found, Options& out, Findings& findings) {
  const auto* port = expect<std::int64_t>(found.value(), found.at(), findings);
  if (port != nullptr && *port != 0 && !out.switched_off.contains(Part::profiling)) {
    refuse(found, Part::profiling, findings);
  }
}

void readProfBlockRate(const Found& found, Options& /*out*/, Findings& findings) {
  const auto* rate = expect<std::int64_t>(found.value(), found.at(), findings);
  if (rate != nullptr && *rate > 0) refuse(found, Part::profiling, findings);
}

}  // namespace gannet::config
