#include "protocol/proxy_header.h"

#include "base/go_quote.h"
#include "base/result.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <optional>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace gannet::protocol {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kSniff = 6;  // bytes that tell version 1, version 2 and neither apart
constexpr std::string_view kV1Start = "PROXY ";
constexpr std::size_t kV1Max = 107;  // with CR LF
constexpr std::size_t kV1Fields = 5;

// 0..11   0D 0A 0D 0A 00 0D 0A 51 55 49 54 0A
// 12      version<<4 | command
// 13      family<<4 | transport
// 14..15  length of the rest
constexpr std::string_view kV2Signature = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr std::size_t kV2Fixed = 16;
constexpr std::size_t kV2Ipv4 = 4 + 4 + 2 + 2;
constexpr std::size_t kV2Ipv6 = 16 + 16 + 2 + 2;

using Ipv6Bytes = std::array<unsigned char, 16>;

ProxyHeader failure(std::string text) {
  return {.state = ProxyState::error, .error = std::move(text)};
}

ProxyHeader invalid(std::string_view what) {
  return failure(fmt::format("invalid PROXY protocol header: {}", what));
}

ProxyHeader unsupported(std::string_view what) {
  return failure(fmt::format("unsupported PROXY protocol feature: {}", what));
}

unsigned byteAt(std::string_view bytes, std::size_t i) {
  return static_cast<unsigned char>(bytes[i]);
}

std::uint16_t portAt(std::string_view bytes, std::size_t i) {
  return static_cast<std::uint16_t>((byteAt(bytes, i) << 8U) | byteAt(bytes, i + 1));
}

std::string ipv4Text(std::string_view bytes) {
  return fmt::format("{}.{}.{}.{}", byteAt(bytes, 0), byteAt(bytes, 1), byteAt(bytes, 2),
                     byteAt(bytes, 3));
}

// The first longest run of two or more zero groups.
struct ZeroRun {
  std::size_t start = 8;
  std::size_t size = 0;
};

ZeroRun longestZeroRun(std::string_view bytes) {
  ZeroRun best;
  ZeroRun run;
  for (std::size_t group = 0; group < 8; ++group) {
    if (portAt(bytes, 2 * group) != 0) {
      run = {};
      continue;
    }
    if (run.size++ == 0) run.start = group;
    if (run.size > best.size) best = run;
  }
  return best.size > 1 ? best : ZeroRun{};
}

// RFC 5952, except that a mapped address is shown as IPv4. inet_ntop shows more addresses in the
// dotted form than Go does.
std::string ipv6Text(std::string_view bytes) {
  constexpr std::string_view kMapped = "\0\0\0\0\0\0\0\0\0\0\xff\xff"sv;
  if (bytes.starts_with(kMapped)) return ipv4Text(bytes.substr(kMapped.size()));
  const ZeroRun zeros = longestZeroRun(bytes);
  std::string out;
  for (std::size_t group = 0; group < 8; ++group) {
    if (group == zeros.start) {
      out += "::";
      group += zeros.size - 1;
      continue;
    }
    if (!out.empty() && out.back() != ':') out.push_back(':');
    fmt::format_to(std::back_inserter(out), "{:x}", portAt(bytes, 2 * group));
  }
  return out;
}

// An address in text, as the text of its shortest form; nothing if it is none.
std::optional<std::string> parseIp(std::string_view text) {
  const std::string terminated(text);
  Ipv6Bytes bytes{};
  const bool is_v6 = text.find(':') != std::string_view::npos;
  if (inet_pton(is_v6 ? AF_INET6 : AF_INET, terminated.c_str(), bytes.data()) != 1 ||
      terminated.size() != std::strlen(terminated.c_str())) {
    return std::nullopt;
  }
  std::string raw(bytes.size(), '\0');
  std::memcpy(raw.data(), bytes.data(), bytes.size());
  return is_v6 ? ipv6Text(raw) : ipv4Text(raw);
}

// A port, or why the text is none, in the words of Go's strconv.
Result<std::uint16_t, Error> parsePort(std::string_view text) {
  const bool has_digits =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  std::uint32_t value = 0;
  if (has_digits) {
    for (const char c : text) {
      value = std::min<std::uint32_t>(value * 10 + static_cast<std::uint32_t>(c - '0'), 65536);
    }
  }
  if (has_digits && value <= 65535) return static_cast<std::uint16_t>(value);
  return Error{fmt::format("strconv.ParseUint: parsing {}: {}", goQuote(text),
                           has_digits ? "value out of range" : "invalid syntax")};
}

std::vector<std::string_view> splitFields(std::string_view line) {
  constexpr std::string_view kBlanks = " \t\n\v\f\r";
  std::vector<std::string_view> fields;  // at most 50, as the line has at most 107 bytes
  while (true) {
    line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
    if (line.empty()) return fields;
    fields.push_back(line.substr(0, line.find_first_of(kBlanks)));
    line.remove_prefix(fields.back().size());
  }
}

ProxyHeader checkFamily(std::string_view protocol, bool has_v6, bool has_v4) {
  if (protocol == "TCP4") return has_v6 ? invalid("TCP4 with IPv6 address") : ProxyHeader{};
  if (protocol == "TCP6") return has_v4 ? invalid("TCP6 with IPv4 address") : ProxyHeader{};
  return invalid(fmt::format("invalid protocol {}", protocol));
}

// PROXY <TCP4|TCP6|UNKNOWN> <source ip> <destination ip> <source port> <destination port>␍␊
ProxyHeader parseV1(std::string_view received) {
  const std::size_t end = received.substr(0, kV1Max).find("\r\n");
  if (end == std::string_view::npos) {
    return received.size() >= kV1Max ? invalid("v1 line too long") : ProxyHeader{};
  }
  const std::size_t size = end + 2;
  const auto fields = splitFields(received.substr(kV1Start.size(), end - kV1Start.size()));
  if (!fields.empty() && fields[0] == "UNKNOWN") return {.state = ProxyState::local, .size = size};
  if (fields.size() != kV1Fields) return invalid("invalid v1 format");

  auto source = parseIp(fields[1]);
  const auto destination = parseIp(fields[2]);
  if (!source || !destination) return invalid("invalid address");
  const auto source_port = parsePort(fields[3]);
  if (!source_port) return failure("invalid source port: " + source_port.error().text);
  const auto destination_port = parsePort(fields[4]);
  if (!destination_port) return failure("invalid dest port: " + destination_port.error().text);

  const int v6_count = static_cast<int>(fields[1].find(':') != std::string_view::npos) +
                       static_cast<int>(fields[2].find(':') != std::string_view::npos);
  ProxyHeader wrong_family = checkFamily(fields[0], v6_count > 0, v6_count < 2);
  if (wrong_family.state == ProxyState::error) return wrong_family;
  return {.state = ProxyState::address,
          .size = size,
          .source_ip = std::move(*source),
          .source_port = *source_port};
}

ProxyHeader parseV2Addresses(unsigned family, std::string_view addresses) {
  constexpr unsigned kUnspec = 0x00;
  constexpr unsigned kIpv4 = 0x10;
  constexpr unsigned kIpv6 = 0x20;
  const std::size_t size = kV2Fixed + addresses.size();
  switch (family) {
    case kUnspec: return {.state = ProxyState::local, .size = size};
    case kIpv4:
      if (addresses.size() < kV2Ipv4) {
        return failure(fmt::format("IPv4 address data too short: {} bytes", addresses.size()));
      }
      return {.state = ProxyState::address,
              .size = size,
              .source_ip = ipv4Text(addresses),
              .source_port = portAt(addresses, 8)};
    case kIpv6:
      if (addresses.size() < kV2Ipv6) {
        return failure(fmt::format("IPv6 address data too short: {} bytes", addresses.size()));
      }
      return {.state = ProxyState::address,
              .size = size,
              .source_ip = ipv6Text(addresses),
              .source_port = portAt(addresses, 32)};
    default: return unsupported(fmt::format("unsupported address family 0x{:02x}", family));
  }
}

ProxyHeader parseV2(std::string_view received) {
  constexpr unsigned kVersion = 0x20;
  constexpr unsigned kLocal = 0x00;
  constexpr unsigned kProxy = 0x01;
  constexpr unsigned kStream = 0x01;
  if (received.size() < kV2Fixed) return {};
  if (!received.starts_with(kV2Signature)) return invalid("invalid signature");
  const unsigned version = byteAt(received, 12) & 0xF0U;
  if (version != kVersion) return invalid(fmt::format("invalid version 0x{:02x}", version));

  const unsigned command = byteAt(received, 12) & 0x0FU;
  const std::size_t size = kV2Fixed + portAt(received, 14);
  if (command != kLocal && command != kProxy) {
    return failure(fmt::format("unknown PROXY protocol command: 0x{:02x}", command));
  }
  if (command == kProxy && (byteAt(received, 13) & 0x0FU) != kStream) {
    return unsupported("only STREAM protocol supported");
  }
  if (received.size() < size) return {};
  if (command == kLocal) return {.state = ProxyState::local, .size = size};
  return parseV2Addresses(byteAt(received, 13) & 0xF0U, received.substr(kV2Fixed, size - kV2Fixed));
}

}  // namespace

ProxyHeader parseProxyHeader(std::string_view received) {
  if (received.size() < kSniff) return {};
  if (received.starts_with(kV1Start)) return parseV1(received);
  if (received.starts_with(kV2Signature.substr(0, kSniff))) return parseV2(received);
  return {.state = ProxyState::none};
}

}  // namespace gannet::protocol
