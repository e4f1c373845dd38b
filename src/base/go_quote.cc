#include "base/go_quote.h"

#include "base/printable.h"
#include "base/utf8.h"

#include <fmt/format.h>

#include <iterator>

namespace gannet {
namespace {

void appendEscape(std::string& out, char32_t rune) {
  constexpr std::string_view kControls = "\a\b\f\n\r\t\v";
  constexpr std::string_view kLetters = "abfnrtv";
  const auto number = static_cast<unsigned>(rune);
  const auto control = rune < 0x20 ? kControls.find(static_cast<char>(rune)) : std::string::npos;
  if (control != std::string_view::npos) {
    out.push_back('\\');
    out.push_back(kLetters[control]);
  } else if (rune < 0x80) {
    fmt::format_to(std::back_inserter(out), "\\x{:02x}", number);
  } else if (rune < 0x10000) {
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", number);
  } else {
    fmt::format_to(std::back_inserter(out), "\\U{:08x}", number);
  }
}

}  // namespace

std::string goQuote(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  out.push_back('"');
  while (!text.empty()) {
    const Rune rune = decodeRune(text);
    if (!rune.valid) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned>(rune.value));
    } else if (rune.value == '"' || rune.value == '\\') {
      out.push_back('\\');
      out.push_back(text.front());
    } else if (isPrintable(rune.value)) {
      out.append(text.substr(0, rune.size));
    } else {
      appendEscape(out, rune.value);
    }
    text.remove_prefix(rune.size);
  }
  out.push_back('"');
  return out;
}

}  // namespace gannet
