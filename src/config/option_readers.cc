#include "config/option_readers.h"

#include "base/go_quote.h"
#include "config/language/go_duration.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>

namespace gannet::config {
namespace {

template <class T>
void readPlain(const Found& found, T& out, Findings& findings) {
  if (const T* value = expect<T>(found.value(), found.at(), findings)) out = *value;
}

// The host and port of "host:port"; the host of an IPv6 address stands in brackets.
std::optional<std::pair<std::string_view, std::string_view>> splitHostPort(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[')) {
    if (!host.ends_with(']')) return std::nullopt;
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;
  }
  return std::pair{host, text.substr(colon + 1)};
}

}  // namespace

void read(const Found& found, std::string& out, Findings& findings) {
  readPlain(found, out, findings);
}

void read(const Found& found, std::int64_t& out, Findings& findings) {
  readPlain(found, out, findings);
}

void read(const Found& found, bool& out, Findings& findings) {
  readPlain(found, out, findings);
}

void read(const Found& found, std::chrono::nanoseconds& out, Findings& findings) {
  if (const auto* text = found.value().as<std::string>()) {
    const auto duration = parseDuration(*text);
    if (duration) {
      out = *duration;
    } else {
      findings.error(found.at(),
                     fmt::format("error parsing {}: {}", found.name, duration.error().text));
    }
    return;
  }
  findings.warnOfUse(found.at(), found.name,
                     fmt::format("{} should be converted to a duration", found.name));
  const auto* seconds = expect<std::int64_t>(found.value(), found.at(), findings);
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  constexpr std::int64_t kLimit = std::numeric_limits<std::int64_t>::max() / kNanoseconds;
  if (seconds == nullptr) return;
  out = std::chrono::nanoseconds(std::clamp(*seconds, -kLimit, kLimit) * kNanoseconds);
}

void read(const Found& found, WriteTimeout& out, Findings& findings) {
  const auto* text = expect<std::string>(found.value(), found.at(), findings);
  if (text == nullptr) return;
  if (*text == "default") {
    out = WriteTimeout::default_;
  } else if (*text == "close") {
    out = WriteTimeout::close;
  } else if (*text == "retry") {
    out = WriteTimeout::retry;
  } else {
    findings.error(found.at(), "write_timeout must be 'default', 'close' or 'retry'");
  }
}

std::optional<std::chrono::nanoseconds> readDurationText(const Found& found, Findings& findings) {
  const auto* text = expect<std::string>(found.value(), found.at(), findings);
  if (text == nullptr) return std::nullopt;
  const auto duration = parseDuration(*text);
  if (duration) return *duration;
  findings.error(found.at(),
                 fmt::format("error parsing {}: {}", found.name, duration.error().text));
  return std::nullopt;
}

void readSize(const Found& found, std::int64_t& out, Findings& findings) {
  const auto* size = expect<std::int64_t>(found.value(), found.at(), findings);
  if (size == nullptr) return;
  if (*size > std::numeric_limits<std::int32_t>::max()) {
    findings.error(found.at(), fmt::format("{} value is too big", found.name));
    return;
  }
  out = *size;
}

std::optional<HostPort> readListen(const Found& found, Findings& findings) {
  if (const auto* port = found.value().as<std::int64_t>()) return HostPort{"", *port};
  const auto* text = found.value().as<std::string>();
  if (text == nullptr) {
    findings.error(found.at(),
                   fmt::format("expected port or host:port, got {}", typeName(found.value())));
    return std::nullopt;
  }
  const auto parts = splitHostPort(*text);
  if (!parts) {
    findings.error(found.at(), fmt::format("could not parse address string {}", goQuote(*text)));
    return std::nullopt;
  }
  const auto [host, digits] = *parts;
  std::int64_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size()) {
    findings.error(found.at(), fmt::format("could not parse port {}", goQuote(digits)));
    return std::nullopt;
  }
  return HostPort{std::string(host), port};
}

bool readSeconds(const Found& found, const SecondsRules& rules, double& out, Findings& findings) {
  const Value& value = found.value();
  if (const auto* seconds = value.as<std::int64_t>()) {
    out = static_cast<double>(*seconds);
  } else if (const auto* fraction = value.as<double>()) {
    out = *fraction;
  } else if (const auto* text = value.as<std::string>()) {
    const auto duration = parseDuration(*text);
    if (!duration) {
      findings.error(found.at(),
                     fmt::format("{}'timeout' {}", rules.context, duration.error().text));
      return false;
    }
    out = std::chrono::duration<double>(*duration).count();
  } else {
    findings.error(found.at(), fmt::format("{}'timeout' wrong type", rules.context));
    return false;
  }
  if (rules.warns && out > 60) {
    findings.warnOfUse(
        found.at(), found.name,
        fmt::format("timeout of {} ({:f} seconds) is high, consider keeping it under 60 seconds. "
                    "possibly caused by unquoted duration; use '1m' instead of 1m, for example",
                    display(value), out));
  }
  return true;
}

}  // namespace gannet::config
