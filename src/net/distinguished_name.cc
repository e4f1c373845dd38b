#include "net/distinguished_name.h"

#include "base/utf8.h"

#include <fmt/format.h>
#include <openssl/asn1.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <string_view>
#include <utility>

// Everything here follows Go, because the text is an interface: operators paste what /connz shows
// into their users, and `verify_and_map` compares it byte by byte.
namespace gannet::net {
namespace {

struct KnownType {
  std::string_view oid, name;
};

constexpr std::string_view kCommonName = "2.5.4.3";
constexpr std::string_view kSerialNumber = "2.5.4.5";

// In the order of a name's parts, so that texts begin with the last one.
constexpr auto kKnownTypes = std::to_array<KnownType>({
    {"2.5.4.6", "C"},
    {"2.5.4.8", "ST"},
    {"2.5.4.7", "L"},
    {"2.5.4.9", "STREET"},
    {"2.5.4.17", "POSTALCODE"},
    {"2.5.4.10", "O"},
    {"2.5.4.11", "OU"},
    {kCommonName, "CN"},
    {kSerialNumber, "SERIALNUMBER"},
});

// The short name of a type; empty if it has none.
std::string_view shortName(std::string_view oid) {
  const auto* const row = std::find_if(kKnownTypes.begin(), kKnownTypes.end(),
                                       [oid](const KnownType& each) { return each.oid == oid; });
  return row == kKnownTypes.end() ? std::string_view{} : row->name;
}

std::string oidText(const ASN1_OBJECT* object) {
  constexpr int kNumbersOnly = 1;
  const int size = OBJ_obj2txt(nullptr, 0, object, kNumbersOnly);
  std::string text(static_cast<std::size_t>(std::max(size, 0)) + 1, '\0');
  OBJ_obj2txt(text.data(), static_cast<int>(text.size()), object, kNumbersOnly);
  text.pop_back();
  return text;
}

// What a PrintableString may hold in Go's eyes: '*' and '&' are not allowed and yet common.
bool isPrintable(char c) {
  constexpr std::string_view kMarks = " '()+,-./:=?*&";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kMarks.find(c) != std::string_view::npos;
}

bool isNumeric(char c) {
  return (c >= '0' && c <= '9') || c == ' ';
}

bool isAscii(char c) {
  return static_cast<unsigned char>(c) < 0x80;
}

Result<std::string, Error> restricted(std::string_view bytes, bool (*is_allowed)(char),
                                      std::string_view type) {
  if (std::all_of(bytes.begin(), bytes.end(), is_allowed)) return std::string(bytes);
  return Error{fmt::format("invalid {}", type)};
}

Result<std::string, Error> utf8(std::string_view bytes) {
  for (std::string_view rest = bytes; !rest.empty();) {
    const Rune rune = decodeRune(rest);
    if (!rune.valid) return Error{"invalid UTF-8 string"};
    rest.remove_prefix(rune.size);
  }
  return std::string(bytes);
}

// Its alphabet differs from Latin-1 in a few characters, which nobody who issues one today heeds.
std::string fromT61(std::string_view bytes) {
  std::string text;
  for (const char c : bytes)
    appendRune(text, static_cast<unsigned char>(c));
  return text;
}

// UCS-2: two bytes a character, the higher one first; a NUL may end it.
Result<std::string, Error> fromBmp(std::string_view bytes) {
  const Error error{"invalid BMPString"};
  if (bytes.size() % 2 != 0) return error;
  if (bytes.ends_with(std::string_view("\0\0", 2))) bytes.remove_suffix(2);
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    const char32_t rune = char32_t{static_cast<unsigned char>(bytes[i])} << 8U |
                          char32_t{static_cast<unsigned char>(bytes[i + 1])};
    const bool is_surrogate = rune >= 0xD800 && rune <= 0xDFFF;
    const bool is_no_character = rune >= 0xFFFE || (rune >= 0xFDD0 && rune <= 0xFDEF);
    if (is_surrogate || is_no_character) return error;
    appendRune(text, rune);
  }
  return text;
}

Result<std::string, Error> valueText(const ASN1_STRING* value) {
  const std::string_view bytes(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                               static_cast<std::size_t>(ASN1_STRING_length(value)));
  switch (ASN1_STRING_type(value)) {
    case V_ASN1_UTF8STRING: return utf8(bytes);
    case V_ASN1_PRINTABLESTRING: return restricted(bytes, isPrintable, "PrintableString");
    case V_ASN1_IA5STRING: return restricted(bytes, isAscii, "IA5String");
    case V_ASN1_NUMERICSTRING: return restricted(bytes, isNumeric, "NumericString");
    case V_ASN1_T61STRING: return fromT61(bytes);
    case V_ASN1_BMPSTRING: return fromBmp(bytes);
    default: return Error{fmt::format("unsupported string type: {}", ASN1_STRING_type(value))};
  }
}

bool isSpecial(char c) {
  return std::string_view(",+\"\\<>;").find(c) != std::string_view::npos;
}

std::string escaped(std::string_view value) {
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const bool is_edge_blank = value[i] == ' ' && (i == 0 || i + 1 == value.size());
    const bool is_first_hash = value[i] == '#' && i == 0;
    if (isSpecial(value[i]) || is_edge_blank || is_first_hash) out += '\\';
    out += value[i];
  }
  return out;
}

// The DER of a string, as Go encodes the value that it read: not the type the certificate has.
//
//   tag (13 PrintableString, 0c UTF8String) | length | bytes
//   length: one byte below 128; else 80 + the number of the bytes that follow, big endian
std::string derHex(std::string_view value) {
  const bool is_printable = std::all_of(
      value.begin(), value.end(), [](char c) { return isPrintable(c) && c != '*' && c != '&'; });
  std::string out = is_printable ? "13" : "0c";
  if (value.size() < 0x80) {
    out += fmt::format("{:02x}", value.size());
  } else {
    std::string length = fmt::format("{:x}", value.size());
    if (length.size() % 2 != 0) length.insert(0, 1, '0');
    out += fmt::format("{:02x}{}", 0x80 + length.size() / 2, length);
  }
  for (const char c : value)
    fmt::format_to(std::back_inserter(out), "{:02x}", static_cast<unsigned char>(c));
  return out;
}

std::string attributeText(const NameAttribute& attribute) {
  const std::string_view name = shortName(attribute.type);
  if (name.empty()) return fmt::format("{}=#{}", attribute.type, derHex(attribute.value));
  return fmt::format("{}={}", name, escaped(attribute.value));
}

}  // namespace

Result<DistinguishedName, Error> readName(const X509_NAME* name) {
  DistinguishedName parts;
  int last_part = -1;
  for (int i = 0; i < X509_NAME_entry_count(name); ++i) {
    const X509_NAME_ENTRY* const entry = X509_NAME_get_entry(name, i);
    auto value = valueText(X509_NAME_ENTRY_get_data(entry));
    if (!value) {
      return Error{"x509: invalid RDNSequence: invalid attribute value: " + value.error().text};
    }
    const int part = X509_NAME_ENTRY_set(entry);
    if (part != last_part) parts.emplace_back();
    last_part = part;
    parts.back().push_back({oidText(X509_NAME_ENTRY_get_object(entry)), std::move(*value)});
  }
  return parts;
}

std::string toText(const DistinguishedName& name) {
  std::string out;
  for (auto part = name.rbegin(); part != name.rend(); ++part) {
    if (part != name.rbegin()) out += ',';
    for (const NameAttribute& attribute : *part) {
      if (&attribute != &part->front()) out += '+';
      out += attributeText(attribute);
    }
  }
  return out;
}

DistinguishedName knownParts(const DistinguishedName& name) {
  DistinguishedName known;
  for (const KnownType& type : kKnownTypes) {
    RelativeName values;
    for (const RelativeName& part : name) {
      std::copy_if(part.begin(), part.end(), std::back_inserter(values),
                   [&type](const NameAttribute& each) { return each.type == type.oid; });
    }
    const bool is_single = type.oid == kCommonName || type.oid == kSerialNumber;
    if (is_single && values.size() > 1) values.erase(values.begin(), values.end() - 1);
    if (is_single && !values.empty() && values.front().value.empty()) continue;
    if (!values.empty()) known.push_back(std::move(values));
  }
  return known;
}

std::string displayText(const DistinguishedName& name) {
  DistinguishedName shown;
  for (const RelativeName& part : name) {
    for (const NameAttribute& attribute : part) {
      if (shortName(attribute.type).empty()) shown.push_back({attribute});
    }
  }
  DistinguishedName known = knownParts(name);
  std::move(known.begin(), known.end(), std::back_inserter(shown));
  return toText(shown);
}

}  // namespace gannet::net
