#include "protocol/redact.h"

#include "base/ascii.h"
#include "base/go_quote.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

// A parser of JSON would not do: what is quoted may be cut anywhere, and often is wrong. So names
// of secrets are looked for wherever a quote (or, in what makes no sense, a word) begins, without
// knowing whether it opens a string or closes one: a value that follows a colon gives it away.
// Taking too much for a secret is no fault here, overlooking one is.
namespace gannet::protocol {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::size_t kMaxName = 24;        // of what is compared: the names of secrets are shorter
constexpr std::size_t kMaxNameBytes = 128;  // with all letters escaped; what is longer is no name

enum class Care : std::uint8_t { parsed, unparsed };

// A secret in the text, and what is shown in its place.
struct Secret {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string shown;
};

bool isWord(char c) {
  return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool isBlank(char c) {
  return kBlanks.find(c) != std::string_view::npos;
}

// One letter of a name, as the decoder compares it: without case and escapes.
struct Letter {
  char value;
  std::size_t size;
};

// The letter that \uXXXX stands for; NUL if it is none of ASCII.
char unescaped(std::string_view digits) {
  unsigned value = 0;
  for (const char c : digits) {
    const char digit = lower(c);
    const bool is_decimal = digit >= '0' && digit <= '9';
    if (!is_decimal && (digit < 'a' || digit > 'f')) return '\0';
    value = value * 16 + static_cast<unsigned>(is_decimal ? digit - '0' : digit - 'a' + 10);
  }
  return value < 0x80 ? lower(static_cast<char>(value)) : '\0';
}

Letter letterAt(std::string_view text) {
  constexpr std::size_t kEscape = 6;
  if (text.front() != '\\' || text.size() < 2) return {lower(text.front()), 1};
  if (text[1] != 'u' || text.size() < kEscape) return {text[1], 2};
  return {unescaped(text.substr(2, 4)), kEscape};
}

bool isSecretName(std::string_view folded, Care care) {
  constexpr std::array<std::string_view, 4> kNames = {"sig", "proxy_sig", "nkey", "jwt"};
  // Of other protocols, and of clients that put their JSON together by hand.
  constexpr std::array<std::string_view, 6> kForeign = {"authorization", "token", "cookie",
                                                        "secret",        "pwd",   "seed"};
  if (folded.starts_with("pass") || folded.starts_with("auth_token")) return true;
  const auto ends = [folded](std::string_view name) { return folded.ends_with(name); };
  if (care == Care::unparsed && std::any_of(kForeign.begin(), kForeign.end(), ends)) return true;
  return std::find(kNames.begin(), kNames.end(), folded) != kNames.end();
}

class Search {
 public:
  Search(std::string_view text, Care care) : text_(text), care_(care) {}

  std::vector<Secret> run() {
    while (at_ < text_.size()) {
      if (!takeSecret()) ++at_;
    }
    return std::move(found_);
  }

 private:
  // Takes a secret that is announced at `at_`, or what is surely none. False if there is neither.
  bool takeSecret() {
    const char c = text_[at_];
    const bool begins_token = at_ == 0 || isBlank(text_[at_ - 1]);
    const bool is_unparsed = care_ == Care::unparsed;
    if (is_unparsed && begins_token && (takeCommand() || takeUser())) return true;
    if (c == '"' || (c == '\'' && is_unparsed)) return takeQuoted(c);
    if (c == ':') return takeUrl();
    return is_unparsed && (isWord(c) || c == '\\') && takeWord();
  }

  // "name": value
  bool takeQuoted(char quote) {
    std::string folded;
    std::size_t end = at_ + 1;
    const std::size_t limit = std::min(text_.size(), end + kMaxNameBytes);
    while (end < limit && text_[end] != quote) {
      const Letter letter = letterAt(text_.substr(end));
      if (folded.size() < kMaxName) folded += letter.value;
      end += letter.size;
    }
    if (end >= limit || !isSecretName(folded, care_)) return false;
    return takeValueAt(end + 1);
  }

  // name: value, name=value, and \"name\":\"value\" within a string
  bool takeWord() {
    std::string folded;
    std::size_t end = at_;
    while (end < text_.size() && (isWord(text_[end]) || isUnicodeEscape(end))) {
      const Letter letter = letterAt(text_.substr(end));
      if (folded.size() < kMaxName) folded += letter.value;
      end += letter.size;
    }
    if (end == at_) return false;
    const bool is_secret = isSecretName(folded, care_);
    while (is_secret && end < text_.size() &&
           (text_[end] == '\\' || text_[end] == '"' || text_[end] == '\''))
      ++end;
    if (is_secret && takeValueAt(end)) return true;
    at_ = std::max(at_ + 1, std::min(end, text_.size()));
    return true;
  }

  [[nodiscard]] bool isUnicodeEscape(std::size_t at) const {
    return text_[at] == '\\' && at + 1 < text_.size() && text_[at + 1] == 'u';
  }

  [[nodiscard]] std::size_t skipBlanks(std::size_t at) const {
    return std::min(text_.find_first_not_of(kBlanks, at), text_.size());
  }

  // A value behind its separator, which may stand at `at`. Where nothing was understood the
  // separator may be missing before a quote.
  bool takeValueAt(std::size_t at) {
    at = skipBlanks(at);
    const char next = at < text_.size() ? text_[at] : '\0';
    const bool is_unparsed = care_ == Care::unparsed;
    if (next == ':' || (next == '=' && is_unparsed)) {
      takeValue(skipBlanks(at + 1));
      return true;
    }
    const bool is_quoted = is_unparsed && (next == '"' || next == '\'');
    if (is_quoted) takeValue(at);
    return is_quoted;
  }

  void takeValue(std::size_t begin) {
    std::size_t open = begin;
    while (care_ == Care::unparsed && open < text_.size() && text_[open] == '\\')
      ++open;
    const char first = open < text_.size() ? text_[open] : '\0';
    if (first == '"' || (first == '\'' && care_ == Care::unparsed)) {
      const std::string quote(text_.substr(begin, open + 1 - begin));
      const std::size_t end = open > begin ? endOfNested(begin, open) : endOfString(begin);
      return add(begin, behindStrayQuote(end), quote + std::string(kRedacted) + quote);
    }
    if (first == '{' || first == '[') return add(begin, endOfGroup(begin), kRedacted);
    constexpr std::string_view kEnds = ",}] \t\r\n";
    constexpr std::string_view kLineEnds = ",}]\r\n";  // a word that is no JSON may hold blanks
    const bool is_line = care_ == Care::unparsed;
    const std::size_t end = text_.find_first_of(is_line ? kLineEnds : kEnds, begin);
    add(begin, trimmed(begin, std::min(end, text_.size())), kRedacted);
  }

  // A quote that nothing separates from what follows stood within the secret, which then ends where
  // a value does. Of what was understood, `end` is right.
  [[nodiscard]] std::size_t behindStrayQuote(std::size_t end) const {
    constexpr std::string_view kEnds = ",}]\r\n\\\"'";
    const std::size_t next = std::min(text_.find_first_not_of(" \t", end), text_.size());
    const bool is_separated = next == text_.size() || kEnds.find(text_[next]) != std::string::npos;
    if (care_ == Care::parsed || is_separated) return end;
    return trimmed(end, std::min(text_.find_first_of(",}]\r\n", next), text_.size()));
  }

  // Without the blanks before `end`.
  [[nodiscard]] std::size_t trimmed(std::size_t begin, std::size_t end) const {
    while (end > begin && isBlank(text_[end - 1]))
      --end;
    return end;
  }

  // Behind the string that begins at `begin`, with its closing quote if it has one.
  [[nodiscard]] std::size_t endOfString(std::size_t begin) const {
    std::size_t at = begin + 1;
    while (at < text_.size() && text_[at] != text_[begin])
      at += text_[at] == '\\' ? 2 : 1;
    return std::min(at + 1, text_.size());
  }

  // Behind a string within a string: the backslashes from `begin` to the quote at `open` stand
  // before its end too; quotes with more of them are a part of it.
  [[nodiscard]] std::size_t endOfNested(std::size_t begin, std::size_t open) const {
    std::size_t end = open;
    while (true) {
      end = text_.find(text_[open], end + 1);
      if (end == std::string_view::npos) return text_.size();
      const std::size_t before = text_.find_last_not_of('\\', end - 1);
      if (end - 1 - before <= open - begin) return end + 1;
    }
  }

  // Behind the object or array that begins at `begin`.
  [[nodiscard]] std::size_t endOfGroup(std::size_t begin) const {
    std::size_t depth = 0;
    std::size_t at = begin;
    while (at < text_.size()) {
      const char c = text_[at];
      if (c == '"') {
        at = endOfString(at);
        continue;
      }
      ++at;
      if (c == '{' || c == '[') ++depth;
      if ((c == '}' || c == ']') && --depth == 0) return at;
    }
    return text_.size();
  }

  // scheme://user:password@host. What stands before '@' may hold '/' unless it looks like a host
  // and a port.
  bool takeUrl() {
    if (text_.substr(at_, 3) != "://") return false;
    at_ += 3;
    if (at_ >= url_end_) {  // of this run of characters, which may hold several URLs
      url_end_ = std::min(text_.find_first_of(" \t\r\n\"'<>,", at_), text_.size());
      const std::size_t sign = text_.substr(at_, url_end_ - at_).rfind('@');
      url_sign_ = sign == std::string_view::npos ? sign : at_ + sign;
    }
    const std::size_t host_end = std::min(text_.find_first_of("/?#", at_), url_end_);
    const std::string_view authority = text_.substr(at_, host_end - at_);
    const bool has_user = authority.find('@') != std::string_view::npos || hasOddPort(authority);
    const bool has_sign = url_sign_ != std::string_view::npos && url_sign_ >= at_;
    if (has_user && has_sign) {
      add(at_,
          authority.find('@') == std::string_view::npos ? url_sign_ : at_ + authority.rfind('@'),
          kRedacted);
    } else if (has_user && care_ == Care::unparsed && url_end_ == text_.size()) {
      add(at_, url_end_, kRedacted);  // cut before its '@'
    }
    return true;
  }

  // True for user:pass of which the rest is cut off or stands behind a '/'.
  static bool hasOddPort(std::string_view authority) {
    const std::size_t colon = authority.find(':');
    if (colon == std::string_view::npos || authority.front() == '[') return false;
    return authority.find_first_not_of("0123456789", colon + 1) != std::string_view::npos ||
           colon + 1 == authority.size();
  }

  // user:password@host at the start of a word
  bool takeUser() {
    const std::size_t end = std::min(text_.find_first_of(kBlanks, at_), text_.size());
    const std::string_view token = text_.substr(at_, end - at_);
    const std::size_t sign = token.rfind('@');
    const std::size_t colon = token.find(':');
    if (sign == std::string_view::npos || colon >= sign) return false;
    const bool is_url = token.substr(colon, 3) == "://";
    if (is_url || token.find_first_of("\"{") < sign || token.find('/') < colon) return false;
    const std::size_t quote = token.front() == '\'' ? 1 : 0;
    add(at_ + quote, at_ + sign, kRedacted);
    return true;
  }

  // The password command of another protocol, alone on its line: what follows it is one.
  bool takeCommand() {
    const bool begins_line = at_ == 0 || text_[at_ - 1] == '\n';
    if (!begins_line) return false;
    for (const std::string_view command : {"auth", "pass", "password", "token", "login"}) {
      const std::size_t end = at_ + command.size();
      if (end >= text_.size() || !isBlank(text_[end])) continue;
      const bool is_it = std::equal(command.begin(), command.end(),
                                    text_.begin() + static_cast<std::ptrdiff_t>(at_),
                                    [](char want, char have) { return want == lower(have); });
      if (!is_it) continue;
      add(skipBlanks(end), text_.size(), kRedacted);
      return true;
    }
    return false;
  }

  void add(std::size_t begin, std::size_t end, std::string_view shown) {
    found_.push_back({begin, end, std::string(shown)});
    at_ = std::max(at_ + 1, end);
  }

  std::string_view text_;
  Care care_;
  std::size_t at_ = 0;
  std::size_t url_end_ = 0;                        // of the URL that was looked at last
  std::size_t url_sign_ = std::string_view::npos;  // the last '@' in it
  std::vector<Secret> found_;
};

// The part of `text` between two places, with what is shown in the place of secrets that reach
// into it.
std::string render(std::string_view text, const std::vector<Secret>& secrets, std::size_t from,
                   std::size_t to) {
  std::string out;
  for (const Secret& secret : secrets) {
    const bool is_empty = secret.begin == secret.end;
    if (secret.end < from || (secret.end == from && !is_empty)) continue;
    if (secret.begin > to || (secret.begin == to && !is_empty)) break;
    if (secret.begin > from) out.append(text.substr(from, secret.begin - from));
    out.append(secret.shown);
    from = std::max(from, secret.end);
  }
  if (from < to) out.append(text.substr(from, to - from));
  return out;
}

}  // namespace

std::string redact(std::string_view sent) {
  // Most of what is shown holds neither.
  if (sent.find_first_of(":\"") == std::string_view::npos) return std::string(sent);
  return render(sent, Search(sent, Care::parsed).run(), 0, sent.size());
}

std::string redactUnparsed(std::string_view sent) {
  return render(sent, Search(sent, Care::unparsed).run(), 0, sent.size());
}

std::string redactUnparsed(std::string_view sent, std::size_t from, std::size_t size) {
  const std::size_t begin = std::min(from, sent.size());
  const std::size_t end = begin + std::min(size, sent.size() - begin);
  return render(sent, Search(sent, Care::unparsed).run(), begin, end);
}

std::string quoteSent(std::string_view sent) {
  return goQuote(redact(sent));
}

std::string quoteUnparsed(std::string_view sent) {
  return goQuote(redactUnparsed(sent));
}

std::string quoteUnparsed(std::string_view sent, std::size_t from, std::size_t size) {
  return goQuote(redactUnparsed(sent, from, size));
}

}  // namespace gannet::protocol
