#include "protocol/args.h"

#include <array>
#include <cstddef>

namespace gannet::protocol {
namespace {

// One more than any verb takes, so that a surplus argument shows.
constexpr std::size_t kMaxFields = 5;

struct Fields {
  std::array<std::string_view, kMaxFields> at;
  std::size_t count = 0;
};

// A stray CR or LF inside a control line separates fields of SUB and UNSUB, but belongs to a field
// of PUB and HPUB (§4.1).
enum class Split : std::uint8_t { blanks, blanks_and_line_ends };

template <Split How>
bool separates(char c) {
  if constexpr (How == Split::blanks) {
    return c == ' ' || c == '\t';
  } else {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
  }
}

template <Split How>
Fields splitFields(std::string_view args) {
  Fields fields;
  const char* at = args.data();
  const char* const end = at + args.size();
  while (fields.count < kMaxFields) {
    while (at != end && separates<How>(*at))
      ++at;
    if (at == end) break;
    const char* const start = at;
    while (at != end && !separates<How>(*at))
      ++at;
    fields.at[fields.count++] = std::string_view(start, static_cast<std::size_t>(at - start));
  }
  return fields;
}

}  // namespace

std::int64_t parseSize(std::string_view text) {
  if (text.empty() || text.size() > 9) return -1;
  std::int64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

Result<PubArgs, PubError> parsePub(std::string_view args) {
  const Fields fields = splitFields<Split::blanks>(args);
  if (fields.count < 2 || fields.count > 3) return PubError::argument_count;
  PubArgs pub;
  pub.subject = fields.at[0];
  if (fields.count == 3) pub.reply = fields.at[1];
  pub.size_text = fields.at[fields.count - 1];
  const std::int64_t size = parseSize(pub.size_text);
  if (size < 0) return PubError::bad_size;
  pub.size = static_cast<std::uint32_t>(size);
  return pub;
}

Result<PubArgs, PubError> parseHpub(std::string_view args) {
  const Fields fields = splitFields<Split::blanks>(args);
  if (fields.count < 3 || fields.count > 4) return PubError::argument_count;
  PubArgs pub;
  pub.subject = fields.at[0];
  if (fields.count == 4) pub.reply = fields.at[1];
  pub.header_text = fields.at[fields.count - 2];
  pub.size_text = fields.at[fields.count - 1];
  const std::int64_t header_size = parseSize(pub.header_text);
  if (header_size < 0) return PubError::bad_header_size;
  const std::int64_t size = parseSize(pub.size_text);
  if (size < 0) return PubError::bad_size;
  if (header_size > size) return PubError::header_exceeds_total;
  pub.header_size = static_cast<std::uint32_t>(header_size);
  pub.size = static_cast<std::uint32_t>(size);
  return pub;
}

Result<SubArgs, ArgumentError> parseSub(std::string_view args) {
  const Fields fields = splitFields<Split::blanks_and_line_ends>(args);
  if (fields.count < 2 || fields.count > 3) return ArgumentError::argument_count;
  SubArgs sub;
  sub.subject = fields.at[0];
  if (fields.count == 3) sub.queue = fields.at[1];
  sub.sid = fields.at[fields.count - 1];
  return sub;
}

Result<UnsubArgs, ArgumentError> parseUnsub(std::string_view args) {
  const Fields fields = splitFields<Split::blanks_and_line_ends>(args);
  if (fields.count < 1 || fields.count > 2) return ArgumentError::argument_count;
  UnsubArgs unsub{.sid = fields.at[0]};
  if (fields.count == 2) unsub.max = parseSize(fields.at[1]);
  return unsub;
}

}  // namespace gannet::protocol
