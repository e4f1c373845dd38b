#include "config/flags.h"

#include "base/go_quote.h"
#include "config/blocks/tls_files.h"
#include "config/findings.h"
#include "config/flag_table.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace gannet::config {
namespace {

std::optional<bool> parseBool(std::string_view text) {
  for (const std::string_view word : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (text == word) return true;
  }
  for (const std::string_view word : {"0", "f", "F", "false", "FALSE", "False"}) {
    if (text == word) return false;
  }
  return std::nullopt;
}

enum class NumberError : unsigned char { syntax, range };

// The digits without the underscores that Go allows between them; nothing if one stands elsewhere.
std::optional<std::string> withoutUnderscores(std::string_view digits) {
  std::string out;
  bool may_follow = false;
  for (const char c : digits) {
    if (c != '_') {
      out += c;
    } else if (!may_follow) {
      return std::nullopt;
    }
    may_follow = c != '_';
  }
  if (!digits.empty() && !may_follow) return std::nullopt;
  return out;
}

// Decimal, 0x, 0o or 0b digits, with a sign.
Result<std::int64_t, NumberError> parseNumber(std::string_view text) {
  const bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) text.remove_prefix(1);
  int base = 10;
  if (text.size() > 1 && text[0] == '0') {
    const char letter = static_cast<char>(static_cast<unsigned char>(text[1]) | 0x20U);
    base = letter == 'x' ? 16 : letter == 'b' ? 2 : 8;
    text.remove_prefix(letter == 'x' || letter == 'b' || letter == 'o' ? 2 : 1);
  }
  const auto digits =
      withoutUnderscores(base != 10 && text.starts_with('_') ? text.substr(1) : text);
  if (!digits) return NumberError::syntax;
  if (base == 8 && digits->empty()) return 0;  // "0"
  std::uint64_t value = 0;
  const char* const last = digits->data() + digits->size();
  const auto [end, error] = std::from_chars(digits->data(), last, value, base);
  if (error == std::errc::result_out_of_range) return NumberError::range;
  if (error != std::errc{} || end != last) return NumberError::syntax;
  constexpr std::uint64_t kLimit = 1ULL << 63U;
  if (value > kLimit - (is_negative ? 0 : 1)) return NumberError::range;
  return static_cast<std::int64_t>(is_negative ? 0 - value : value);
}

// One flag word taken apart: "--name=value".
struct FlagWord {
  std::string_view name;
  std::optional<std::string_view> value;
};

Result<FlagWord, Error> splitFlag(std::string_view word) {
  std::string_view rest = word.substr(word.starts_with("--") ? 2 : 1);
  if (rest.empty() || rest.front() == '-' || rest.front() == '=') {
    return Error{fmt::format("bad flag syntax: {}", word)};
  }
  const std::size_t equals = rest.find('=');
  FlagWord out{rest.substr(0, equals), std::nullopt};
  if (equals != std::string_view::npos) out.value = rest.substr(equals + 1);
  return out;
}

// The value as it is kept: booleans as 0 and 1, numbers in decimal.
Result<std::string, Error> normalise(const FlagRow& row, std::string_view value) {
  if (row.kind == FlagKind::text) return std::string(value);
  if (row.kind == FlagKind::boolean) {
    const auto flag = parseBool(value);
    if (flag) return std::string(*flag ? "1" : "0");
    return Error{
        fmt::format("invalid boolean value {} for -{}: parse error", goQuote(value), row.name)};
  }
  const auto number = parseNumber(value);
  if (number) return std::to_string(*number);
  return Error{
      fmt::format("invalid value {} for flag -{}: {}", goQuote(value), row.name,
                  number.error() == NumberError::range ? "value out of range" : "parse error")};
}

void keep(CommandLine& line, std::string_view name, std::string value) {
  const bool is_on = value == "1";
  if (name == "h" || name == "help") {
    line.wants_help = is_on;
  } else if (name == "v" || name == "version") {
    line.wants_version = is_on;
  } else if (name == "help_tls") {
    line.wants_tls_help = is_on;
  } else if (name == "t") {
    line.checks_only = is_on;
  } else if (name == "c" || name == "config") {
    line.config_file = std::move(value);
  } else if (name == "sl" || name == "signal") {
    line.signal = std::move(value);
  } else {
    line.settings.insert_or_assign(std::string(name), std::move(value));
  }
}

std::string setting(const CommandLine& line, std::string_view name) {
  const auto found = line.settings.find(name);
  return found == line.settings.end() ? std::string() : found->second;
}

// Flags replace the whole TLS configuration of the file. Spec: config-and-cli §5.2 step 7
Result<void, Error> applyTlsFlags(const CommandLine& line, Options& options) {
  const auto first = line.settings.lower_bound("tls");
  if (first == line.settings.end() || !first->first.starts_with("tls")) return {};
  if (setting(line, "tls") == "0") {
    options.tls = TlsOptions{};
    return {};
  }
  TlsOptions tls;
  tls.is_on = true;
  tls.timeout = options.tls.timeout;
  TlsOptions::KeyPair& pair = tls.certificates.emplace_back();
  pair.cert_file = setting(line, "tlscert");
  pair.key_file = setting(line, "tlskey");
  tls.ca_file = setting(line, "tlscacert");
  tls.verify = setting(line, "tlsverify") == "1";
  if (pair.cert_file.empty()) {
    return Error{"TLS Server certificate must be present and valid"};
  }
  if (pair.key_file.empty()) {
    return Error{"TLS Server private key must be present and valid"};
  }
  if (auto loaded = loadTlsFiles(tls); !loaded) return loaded;
  options.tls = std::move(tls);
  return {};
}

bool isSecret(std::string_view name) {
  return name == "user" || name == "pass" || name == "auth";
}

}  // namespace

Result<CommandLine, Error> parseCommandLine(std::span<const std::string_view> words) {
  CommandLine line;
  std::size_t at = 0;
  for (; at < words.size(); ++at) {
    const std::string_view word = words[at];
    if (word.size() < 2 || word.front() != '-') break;
    if (word == "--") {
      ++at;
      break;
    }
    const auto flag = splitFlag(word);
    if (!flag) return flag.error();
    const FlagRow* row = findFlag(flag->name);
    if (row == nullptr) {
      return Error{fmt::format("flag provided but not defined: -{}", flag->name)};
    }
    std::string_view value = flag->value.value_or("true");
    if (!flag->value && row->kind != FlagKind::boolean) {
      if (++at == words.size()) {
        return Error{fmt::format("flag needs an argument: -{}", flag->name)};
      }
      value = words[at];
    }
    auto kept = normalise(*row, value);
    if (!kept) return kept.error();
    keep(line, row->name, std::move(*kept));
  }
  for (; at < words.size(); ++at)
    line.words.emplace_back(words[at]);
  return line;
}

Result<void, Error> setFlags(const CommandLine& line, Options& options) {
  for (const auto& [name, value] : line.settings) {
    const FlagRow* row = findFlag(name);
    const bool is_default = value.empty() || (row->kind != FlagKind::text && value == "0");
    if (row->part && !is_default) return Error{refusal(typedName(*row), *row->part)};
    if (row->part && row->is_switch) options.switched_off.insert(*row->part);
    if (row->apply == nullptr) continue;
    const auto number = row->kind == FlagKind::text ? 0 : *parseNumber(value);
    row->apply(options, value, number);
  }
  if (options.shards < 0 || options.shards > kMaxShards) {
    return Error{fmt::format("shards must be between 0 and {}", kMaxShards)};
  }
  return {};
}

Result<void, Error> applyFlags(const CommandLine& line, Options& options) {
  if (auto set = setFlags(line, options); !set) return set;
  return applyTlsFlags(line, options);
}

std::vector<std::string> redactFlags(std::span<const std::string_view> words) {
  constexpr std::string_view kRedacted = "[REDACTED]";
  std::vector<std::string> out;
  bool is_secret_next = false;
  for (const std::string_view word : words) {
    if (is_secret_next) {
      out.emplace_back(kRedacted);
      is_secret_next = false;
      continue;
    }
    const auto flag = word.size() > 1 && word.front() == '-' ? splitFlag(word)
                                                             : Result<FlagWord, Error>(FlagWord{});
    if (flag && isSecret(flag->name)) {
      is_secret_next = !flag->value;
      const std::size_t name_size = word.size() - (flag->value ? flag->value->size() : 0);
      out.push_back(std::string(word.substr(0, name_size)) +
                    std::string(flag->value ? kRedacted : ""));
    } else {
      out.emplace_back(word);
    }
  }
  return out;
}

}  // namespace gannet::config
