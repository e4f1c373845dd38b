#include "monitor/http/request_head.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>
#include <utility>

namespace gannet::monitor {
namespace {

constexpr std::string_view kBlanks = " \t";
constexpr std::string_view kBadRequest = "400 Bad Request";

std::string_view trim(std::string_view text) {
  const std::size_t first = std::min(text.find_first_not_of(kBlanks), text.size());
  return text.substr(first, text.find_last_not_of(kBlanks) + 1 - first);
}

bool equalFold(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

bool isAlnum(unsigned char c) {
  return c < 0x80 && std::isalnum(c) != 0;
}

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}

// RFC 9110 §5.6.2
bool isTokenByte(unsigned char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return isAlnum(c) || kMarks.find(static_cast<char>(c)) != std::string_view::npos;
}

bool isValueByte(unsigned char c) {
  return c == '\t' || (c >= 0x20 && c != 0x7f);
}

// RFC 3986 §3.2.2, with a port
bool isHostByte(unsigned char c) {
  constexpr std::string_view kMarks = "!$%&()*+,-.:;=[']_~";
  return isAlnum(c) || kMarks.find(static_cast<char>(c)) != std::string_view::npos;
}

// True if a comma-separated list in one of `values` names `token`.
bool hasToken(const std::vector<std::string>& values, std::string_view token) {
  for (std::string_view rest : values) {
    while (!rest.empty()) {
      const std::string_view each = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(each.size() + 1, rest.size()));
      if (equalFold(trim(each), token)) return true;
    }
  }
  return false;
}

std::optional<std::uint64_t> parseLength(std::string_view text) {
  std::uint64_t length = 0;
  const char* const last = text.data() + text.size();
  const auto [end, code] = std::from_chars(text.data(), last, length);
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (code != std::errc{} || end != last || length > kMost) return std::nullopt;
  return length;
}

Refusal badRequest(std::string_view why = {}) {
  std::string status(kBadRequest);
  if (!why.empty()) status.append(": ").append(why);
  return {std::move(status), ""};
}

}  // namespace

Result<HeadParser::Step, Refusal> HeadParser::take(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (!has_line_) {
    has_line_ = true;
    if (!takeRequestLine(line)) return badRequest();
    return Step::more;
  }
  const bool continues = !line.empty() && kBlanks.find(line.front()) != std::string_view::npos;
  if (continues) {
    if (!field_) return badRequest();
    field_->append(" ").append(trim(line));
    return Step::more;
  }
  if (!endField()) return badRequest();
  if (!line.empty()) {
    if (line.find(':') == std::string_view::npos) return badRequest();
    field_ = trim(line);
    return Step::more;
  }
  if (auto refusal = finish()) return std::move(*refusal);
  return Step::complete;
}

// METHOD SP URL SP HTTP/x.y
bool HeadParser::takeRequestLine(std::string_view line) {
  const std::size_t first = line.find(' ');
  if (first == std::string_view::npos) return false;
  const std::size_t second = line.find(' ', first + 1);
  if (second == std::string_view::npos) return false;
  head_.method = line.substr(0, first);
  const std::string_view url = line.substr(first + 1, second - first - 1);
  const std::string_view version = line.substr(second + 1);

  const bool is_method =
      !head_.method.empty() && std::all_of(head_.method.begin(), head_.method.end(), isTokenByte);
  const bool is_version = version.size() == 8 && version.starts_with("HTTP/") &&
                          isDigit(version[5]) && version[6] == '.' && isDigit(version[7]);
  if (!is_method || !is_version) return false;
  major_ = version[5] - '0';
  head_.minor = version[7] - '0';
  auto target = parseTarget(head_.method, url);
  if (!target) return false;
  head_.target = std::move(*target);
  return true;
}

// Takes the field that has come to its end, if there is one.
bool HeadParser::endField() {
  if (!field_) return true;
  const std::string field = std::move(*field_);
  field_.reset();
  return takeField(field);
}

bool HeadParser::takeField(std::string_view field) {
  const std::size_t colon = field.find(':');
  const std::string_view name = field.substr(0, colon);
  const std::string_view value = trim(field.substr(colon + 1));
  // A blank in a name is told apart from other bytes, at the end only.
  const auto is_name_byte = [](unsigned char c) { return c == ' ' || isTokenByte(c); };
  if (name.empty() || !std::all_of(name.begin(), name.end(), is_name_byte)) return false;
  if (!std::all_of(value.begin(), value.end(), isValueByte)) return false;
  if (name.find(' ') != std::string_view::npos) has_bad_name_ = true;

  const std::pair<std::string_view, std::vector<std::string>*> kept[] = {
      {"Host", &hosts_},
      {"Content-Length", &lengths_},
      {"Transfer-Encoding", &encodings_},
      {"Connection", &connection_},
      {"Expect", &expectations_},
  };
  for (const auto& [each, values] : kept) {
    if (equalFold(name, each)) values->emplace_back(value);
  }
  return true;
}

// Everything that the fields decide together, in the reference's order.
std::optional<Refusal> HeadParser::finish() {
  if (hosts_.size() > 1) return badRequest();
  if (auto refusal = findFraming()) return refusal;
  if (major_ != 1) {
    return Refusal{"505 HTTP Version Not Supported: unsupported protocol version", ""};
  }
  if (head_.minor > 0 && hosts_.empty() && head_.method != "CONNECT") {
    return badRequest("missing required Host header");
  }
  if (!hosts_.empty() && !std::all_of(hosts_[0].begin(), hosts_[0].end(), isHostByte)) {
    return badRequest("malformed Host header");
  }
  if (has_bad_name_) return badRequest("invalid header name");
  findPersistence();
  return std::nullopt;
}

// How the body's end is found.
std::optional<Refusal> HeadParser::findFraming() {
  const bool is_new = major_ > 1 || (major_ == 1 && head_.minor > 0);
  if (!encodings_.empty() && is_new) {  // older clients know no encodings
    if (encodings_.size() > 1 || !equalFold(encodings_[0], "chunked")) {
      return Refusal{"501 Not Implemented", "Unsupported transfer encoding"};
    }
    head_.is_chunked = true;
  }
  if (lengths_.empty()) return std::nullopt;
  const bool is_unclear = std::any_of(lengths_.begin(), lengths_.end(),
                                      [&](const auto& each) { return each != lengths_[0]; });
  const auto length = parseLength(lengths_[0]);
  if (is_unclear || !length) return badRequest();
  if (!head_.is_chunked) head_.content_length = *length;
  return std::nullopt;
}

void HeadParser::findPersistence() {
  const bool is_old = head_.minor == 0;
  head_.keeps_alive =
      !hasToken(connection_, "close") && (!is_old || hasToken(connection_, "keep-alive"));
  expectations_.resize(1);  // the first of several holds
  if (expectations_[0].empty()) return;
  if (!hasToken(expectations_, "100-continue")) {
    head_.expects_other = true;
  } else if (!is_old && head_.hasBody()) {
    head_.awaits_continue = true;
    head_.keeps_alive = false;  // what is not asked for does not come
  }
}

}  // namespace gannet::monitor
