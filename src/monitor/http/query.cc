#include "monitor/http/query.h"

#include "base/go_quote.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace gannet::monitor {
namespace {

enum class PlusSign : std::uint8_t { literal, blank };

int hexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> decode(std::string_view text, PlusSign plus) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus == PlusSign::blank) {
      out.push_back(' ');
    } else if (text[i] != '%') {
      out.push_back(text[i]);
    } else {
      const int high = i + 2 < text.size() ? hexDigit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hexDigit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return std::nullopt;
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    }
  }
  return out;
}

Error decodingError(std::string_view kind, std::string_view name, std::string_view function,
                    std::string_view value, std::string_view why) {
  return {fmt::format("Error decoding {} for '{}': strconv.{}: parsing {}: {}", kind, name,
                      function, goQuote(value), why)};
}

std::string_view whyNot(std::errc code) {
  return code == std::errc::result_out_of_range ? "value out of range" : "invalid syntax";
}

// Decimal digits, all of `text`.
template <class T>
std::errc parseNumber(std::string_view text, T& value) {
  const char* const last = text.data() + text.size();
  const auto [end, code] = std::from_chars(text.data(), last, value);
  return end == last ? code : std::errc::invalid_argument;
}

}  // namespace

Query::Query(std::string_view text) {
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(piece.size() + 1, text.size()));
    if (piece.empty() || piece.find(';') != std::string_view::npos) continue;
    const std::size_t equals = std::min(piece.find('='), piece.size());
    auto name = decode(piece.substr(0, equals), PlusSign::blank);
    auto value = decode(piece.substr(std::min(equals + 1, piece.size())), PlusSign::blank);
    if (name && value) values_.emplace(std::move(*name), std::move(*value));
  }
}

std::string_view Query::text(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::string_view{} : found->second;
}

Result<bool, Error> Query::boolean(std::string_view name) const {
  constexpr std::string_view kTrue[] = {"1", "t", "T", "true", "TRUE", "True"};
  constexpr std::string_view kFalse[] = {"", "0", "f", "F", "false", "FALSE", "False"};
  const std::string_view value = text(name);
  if (std::find(std::begin(kTrue), std::end(kTrue), value) != std::end(kTrue)) return true;
  if (std::find(std::begin(kFalse), std::end(kFalse), value) != std::end(kFalse)) return false;
  return decodingError("boolean", name, "ParseBool", value, "invalid syntax");
}

Result<std::int64_t, Error> Query::integer(std::string_view name) const {
  const std::string_view value = text(name);
  std::int64_t number = 0;
  if (value.empty()) return number;
  const bool has_plus = value.starts_with('+') && !value.starts_with("+-");
  const std::errc code = parseNumber(value.substr(has_plus ? 1 : 0), number);
  if (code == std::errc{}) return number;
  return decodingError("int", name, "Atoi", value, whyNot(code));
}

Result<std::uint64_t, Error> Query::unsignedInteger(std::string_view name) const {
  const std::string_view value = text(name);
  std::uint64_t number = 0;
  if (value.empty()) return number;
  const std::errc code = parseNumber(value, number);
  if (code == std::errc{}) return number;
  return decodingError("uint64", name, "ParseUint", value, whyNot(code));
}

std::optional<std::string> decodePath(std::string_view path) {
  return decode(path, PlusSign::literal);
}

std::string cleanPath(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::string_view part = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(part.size() + 1, path.size()));
    if (part == "..") {
      if (!parts.empty()) parts.pop_back();
    } else if (!part.empty() && part != ".") {
      parts.push_back(part);
    }
  }
  std::string out;
  for (const std::string_view part : parts)
    out.append("/").append(part);
  return out.empty() ? "/" : out;
}

}  // namespace gannet::monitor
