#include "config/findings.h"

#include "base/go_quote.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace gannet::config {
namespace {

std::string located(const Position& at, std::string_view reason) {
  return fmt::format("{}:{}:{}: {}", at.file, at.line, at.column, reason);
}

template <class T>
std::string_view nameOf() {
  return typeName(Value{T{}, {}});
}

}  // namespace

void Findings::error(const Position& at, std::string_view reason) {
  errors_.push_back(located(at, reason));
}

void Findings::errorWithoutPosition(std::string_view reason) {
  errors_.emplace_back(reason);
}

void Findings::warnOfUse(const Position& at, std::string_view field, std::string_view reason) {
  warnings_.push_back(
      located(at, fmt::format("invalid use of field {}: {}", goQuote(field), reason)));
}

void Findings::warning(const Position& at, std::string_view text) {
  warnings_.push_back(located(at, text));
}

void Findings::warning(std::string_view text) {
  warnings_.emplace_back(text);
}

void Findings::wrongType(const Position& at, const Value& value, std::string_view wanted) {
  error(at,
        fmt::format("interface conversion: interface {{}} is {}, not {}", typeName(value), wanted));
}

std::string Findings::text() const {
  std::string out;
  for (const auto& line : warnings_)
    out += line + '\n';
  for (const auto& line : errors_)
    out += line + '\n';
  return out;
}

template <class T>
const T* expect(const Value& value, const Position& at, Findings& findings) {
  const T* held = value.as<T>();
  if (held == nullptr) findings.wrongType(at, value, nameOf<T>());
  return held;
}

template const std::string* expect(const Value&, const Position&, Findings&);
template const std::int64_t* expect(const Value&, const Position&, Findings&);
template const bool* expect(const Value&, const Position&, Findings&);
template const Array* expect(const Value&, const Position&, Findings&);
template const Map* expect(const Value&, const Position&, Findings&);

std::vector<Found> inFileOrder(const Map& map) {
  std::vector<Found> out;
  for (const auto& [name, entry] : map)
    out.push_back({name, &entry});
  std::stable_sort(out.begin(), out.end(), [](const Found& a, const Found& b) {
    return std::tie(a.at().line, a.at().column) < std::tie(b.at().line, b.at().column);
  });
  return out;
}

std::string lowerCased(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

}  // namespace gannet::config
