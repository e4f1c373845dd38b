#include "base/json_writer.h"

#include "base/json/time.h"
#include "base/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>

namespace gannet::json {
namespace {

void appendEscapedAscii(std::string& out, char c) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  const bool is_html = c == '<' || c == '>' || c == '&';
  if (static_cast<unsigned char>(c) < 0x20 || is_html) {
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
  } else {
    out.push_back(c);
  }
}

// 1e15 to 1e21: the shortest digits that read back, then zeros, as Go prints them.
void appendLargeWhole(std::string& out, double value) {
  char text[32];
  const auto end =
      std::to_chars(std::begin(text), std::end(text), value, std::chars_format::scientific).ptr;
  const std::string_view form{text, static_cast<std::size_t>(end - text)};
  const std::size_t e = form.find('e');
  int exponent = 0;
  std::from_chars(form.data() + e + 2, form.data() + form.size(), exponent);
  int decimals = 0;
  bool is_behind_point = false;
  for (const char c : form.substr(0, e)) {
    if (c == '.') {
      is_behind_point = true;
      continue;
    }
    if (is_behind_point && decimals++ == exponent) out += '.';
    out += c;
  }
  out.append(static_cast<std::size_t>(std::max(exponent - decimals, 0)), '0');
}

// 1e-07 as C writes it is 1e-7 in Go.
void appendExponentForm(std::string& out, std::string_view digits) {
  const std::size_t n = digits.size();
  const bool is_padded = n >= 4 && digits[n - 4] == 'e' && digits[n - 2] == '0';
  out.append(digits.substr(0, is_padded ? n - 2 : n));
  if (is_padded) out.push_back(digits[n - 1]);
}

}  // namespace

void Writer::separate() {
  if (!is_first_) out_.push_back(',');
  is_first_ = false;
  if (depth_ > 0) breakLine();
}

void Writer::breakLine() {
  if (style_ == Style::compact) return;
  out_.push_back('\n');
  out_.append((style_ == Style::wide ? 3 : 2) * depth_, ' ');
}

void Writer::open(char bracket) {
  out_.push_back(bracket);
  ++depth_;
  is_first_ = true;
}

void Writer::close(char bracket) {
  --depth_;
  if (!is_first_) breakLine();
  out_.push_back(bracket);
  is_first_ = false;
}

void Writer::key(std::string_view name) {
  separate();
  text(name);
  out_ += style_ == Style::compact ? ":" : ": ";
}

void Writer::element() {
  separate();
}

void Writer::null() {
  out_ += "null";
}

void Writer::boolean(bool value) {
  out_ += value ? "true" : "false";
}

void Writer::integer(std::int64_t value) {
  fmt::format_to(std::back_inserter(out_), "{}", value);
}

void Writer::integer(std::uint64_t value) {
  fmt::format_to(std::back_inserter(out_), "{}", value);
}

void Writer::number(double value) {
  if (!std::isfinite(value)) return null();
  char digits[32];  // the longest shortest form has 24 characters
  const double size = std::fabs(value);
  const bool is_plain = size == 0 || (size >= 1e-6 && size < 1e21);
  constexpr double kExact = 1e15;  // beyond it "fixed" shows digits that are not in the number
  if (is_plain && size >= kExact) return appendLargeWhole(out_, value);
  const auto form = is_plain ? std::chars_format::fixed : std::chars_format::scientific;
  const auto end = std::to_chars(std::begin(digits), std::end(digits), value, form).ptr;
  const std::string_view text{digits, static_cast<std::size_t>(end - digits)};
  if (is_plain) {
    out_.append(text);
  } else {
    appendExponentForm(out_, text);
  }
}

void Writer::text(std::string_view value) {
  out_.push_back('"');
  while (!value.empty()) {
    const Rune rune = decodeRune(value);
    if (!rune.valid) {
      out_ += "\\ufffd";
    } else if (rune.size == 1) {
      appendEscapedAscii(out_, value.front());
    } else if (rune.value == 0x2028 || rune.value == 0x2029) {
      out_ += rune.value == 0x2028 ? "\\u2028" : "\\u2029";
    } else {
      out_.append(value.substr(0, rune.size));
    }
    value.remove_prefix(rune.size);
  }
  out_.push_back('"');
}

void Writer::base64(const Bytes& value) {
  out_.push_back('"');
  appendBase64(out_, value);
  out_.push_back('"');
}

void Writer::time(WallTime value) {
  out_.push_back('"');
  appendTime(out_, value);
  out_.push_back('"');
}

}  // namespace gannet::json
