#include "protocol/headers.h"

#include "base/ascii.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>

namespace gannet::protocol {
namespace {

constexpr std::string_view kFirstLine = "NATS/1.0\r\n";
constexpr std::string_view kEmptyBlock = "NATS/1.0\r\n\r\n";
constexpr std::string_view kLineEnd = "\r\n";

constexpr std::string_view kTraceDest = "Nats-Trace-Dest";
constexpr std::string_view kTraceOnly = "Nats-Trace-Only";
constexpr std::string_view kTraceHop = "Nats-Trace-Hop";
constexpr std::string_view kTraceOriginAccount = "Nats-Trace-Origin-Account";
constexpr std::string_view kTraceParent = "traceparent";
constexpr std::string_view kAcceptEncoding = "Accept-Encoding";
constexpr std::string_view kTraceDisabled = "trace disabled";

bool containsFold(std::string_view text, std::string_view word) {
  return std::search(text.begin(), text.end(), word.begin(), word.end(),
                     [](char x, char y) { return lower(x) == y; }) != text.end();
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// Takes lines off the front of a block.
class Lines {
 public:
  explicit Lines(std::string_view block) : rest_(block) {}

  // False at the end. A last line need not have an end.
  bool next(std::string_view& line) {
    if (rest_.empty()) return false;
    const std::size_t size = rest_.find(kLineEnd);
    line = rest_.substr(0, size);
    rest_.remove_prefix(size == std::string_view::npos ? rest_.size() : size + kLineEnd.size());
    return true;
  }

 private:
  std::string_view rest_;
};

bool hasName(std::string_view line, std::string_view name) {
  return line.size() > name.size() && line[name.size()] == ':' && line.starts_with(name);
}

struct Header {
  std::string_view name;
  std::string_view value;
};

// A line that counts as a header for tracing; `name` is empty if it does not.
Header splitHeader(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return {};
  const std::string_view value = trim(line.substr(colon + 1));
  if (value.empty()) return {};
  return {line.substr(0, colon), value};
}

// W3C: version-id-parent-flags; the lowest bit of the flags asks for the trace.
bool isSampled(std::string_view trace_parent) {
  if (std::count(trace_parent.begin(), trace_parent.end(), '-') != 3) return false;
  const std::string_view flags = trace_parent.substr(trace_parent.rfind('-') + 1);
  unsigned value = 0;
  const char* const last = flags.data() + flags.size();
  const auto [end, code] = std::from_chars(flags.data(), last, value, 16);
  if (flags.size() != 2 || code != std::errc{} || end != last) return false;
  return value <= 0x7F && (value & 1U) != 0;
}

TraceEncoding encodingOf(std::string_view accepted) {
  if (containsFold(accepted, "snappy") || containsFold(accepted, "s2")) {
    return TraceEncoding::snappy;
  }
  return containsFold(accepted, "gzip") ? TraceEncoding::gzip : TraceEncoding::identity;
}

// The first of repeated headers holds: the second finds its field taken.
class TraceParser {
 public:
  void take(const Header& header) {
    if (header.name == kTraceDest) {
      setFirst(dest_, header.value);
    } else if (header.name == kTraceOnly) {
      setFirst(only_, header.value);
    } else if (header.name == kTraceHop) {
      setFirst(hop_, header.value);
    } else if (header.name == kTraceOriginAccount) {
      has_origin_account_ = true;
    } else if (header.name == kAcceptEncoding) {
      setFirst(encoding_, header.value);
    } else if (equalFold(header.name, kTraceParent)) {
      setFirst(parent_, header.value);
    }
  }

  [[nodiscard]] std::optional<TraceHeaders> result() const {
    TraceHeaders trace;
    trace.is_disabled = dest_ == kTraceDisabled;
    trace.dest = trace.is_disabled ? std::string_view{} : dest_;
    trace.is_sampled = dest_.empty() && isSampled(parent_);
    if (dest_.empty() && !trace.is_sampled) return std::nullopt;
    trace.hop = hop_;
    trace.encoding = encodingOf(encoding_);
    trace.is_trace_only =
        !trace.dest.empty() && (only_ == "1" || equalFold(only_, "true") || equalFold(only_, "on"));
    trace.has_origin_account = has_origin_account_;
    return trace;
  }

 private:
  static void setFirst(std::string_view& field, std::string_view value) {
    if (field.empty()) field = value;
  }

  std::string_view dest_;
  std::string_view only_;
  std::string_view hop_;
  std::string_view encoding_;
  std::string_view parent_;
  bool has_origin_account_ = false;
};

}  // namespace

std::optional<std::string_view> findHeader(std::string_view block, std::string_view name) {
  Lines lines(block);
  std::string_view line;
  lines.next(line);  // the version line is no header, whatever it looks like
  while (lines.next(line)) {
    if (!hasName(line, name)) continue;
    line.remove_prefix(name.size() + 1);
    const std::size_t start = line.find_first_not_of(' ');
    return start == std::string_view::npos ? std::string_view{} : line.substr(start);
  }
  return std::nullopt;
}

HeaderMap headerMap(std::string_view block) {
  HeaderMap headers;
  Lines lines(block);
  std::string_view line;
  lines.next(line);
  while (lines.next(line)) {
    const Header header = splitHeader(line);
    if (!header.name.empty()) headers[std::string(header.name)].emplace_back(header.value);
  }
  return headers;
}

std::string removeHeader(std::string_view block, std::string_view name) {
  Lines lines(block);
  std::string_view line;
  if (!lines.next(line)) return {};
  std::string out;
  out.reserve(block.size());
  out.append(line).append(kLineEnd);
  while (lines.next(line)) {
    if (!hasName(line, name)) out.append(line).append(kLineEnd);
  }
  return out == kEmptyBlock ? std::string{} : out;
}

std::string setHeader(std::string_view block, std::string_view name, std::string_view value) {
  std::string out = removeHeader(block, name);
  if (out.empty()) out = kFirstLine;
  if (out.ends_with("\r\n\r\n")) out.resize(out.size() - kLineEnd.size());
  out.append(name).append(": ").append(value).append(kLineEnd).append(kLineEnd);
  return out;
}

std::optional<TraceHeaders> parseTraceHeaders(std::string_view block) {
  if (!block.starts_with(kFirstLine)) return std::nullopt;
  Lines lines(block.substr(kFirstLine.size()));
  TraceParser parser;
  std::string_view line;
  while (lines.next(line))
    parser.take(splitHeader(line));
  return parser.result();
}

std::string noRespondersMessage(std::string_view reply, std::string_view sid,
                                std::string_view subject) {
  constexpr std::string_view kStart = "NATS/1.0 503\r\nNats-Subject: ";
  const std::size_t size = kStart.size() + subject.size() + 2 * kLineEnd.size();
  return fmt::format("HMSG {} {} {} {}\r\n{}{}\r\n\r\n\r\n", reply, sid, size, size, kStart,
                     subject);
}

}  // namespace gannet::protocol
