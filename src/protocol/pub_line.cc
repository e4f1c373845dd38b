#include "protocol/pub_line.h"

#include <array>
#include <bit>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

// One bit for each of the next 64 bytes says where a byte is not above blank: blanks, line ends,
// control bytes. The arguments lie between the first few of these bits:
//
//   foo.bar _INBOX.x 128\r\n
//   .......1........1...1 1      must be blank, blank, CR, LF
//
// Any other byte at one of these places, or two of them in a row, is left to the general parser. A
// line that does not end within 64 bytes goes on in the next window.
namespace gannet::protocol {
namespace {

constexpr std::size_t kWindow = 64;
constexpr std::size_t kMaxDigits = 9;

#if defined(__SSE2__)
struct VectorScan {
  static std::uint64_t separators(const char* at, std::size_t /*left*/) {
    const __m128i blank = _mm_set1_epi8(' ');
    std::uint64_t mask = 0;
    for (int i = 0; i < 4; ++i) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at) + i);
      const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, blank), bytes);
      mask |= static_cast<std::uint64_t>(static_cast<std::uint16_t>(_mm_movemask_epi8(low)))
              << (16 * i);
    }
    return mask;
  }
};
#endif

struct PortableScan {
  static std::uint64_t separators(const char* at, std::size_t left) {
    std::uint64_t mask = 0;
    for (std::size_t i = 0; i < kWindow && i < left; ++i) {
      if (static_cast<unsigned char>(at[i]) <= ' ') mask |= std::uint64_t{1} << i;
    }
    return mask;
  }
};

// Digits only, one to nine of them.
bool parseDigits(std::string_view text, std::uint32_t& value) {
  if (text.empty() || text.size() > kMaxDigits) return false;
  std::uint32_t sum = 0;
  for (const char c : text) {
    const auto digit = static_cast<std::uint32_t>(static_cast<unsigned char>(c)) - '0';
    if (digit > 9) return false;
    sum = sum * 10 + digit;
  }
  value = sum;
  return true;
}

// The arguments of a line, found so far.
struct Arguments {
  std::array<std::string_view, 4> at;
  std::size_t count = 0;
  std::size_t end = 0;  // of the line, behind LF; 0: not reached
};

// The line as most are: a PUB that ends in the first window. Everything it needs stays in
// registers.
template <class Scan>
bool parseShort(std::string_view bytes, PubLine& line) {
  constexpr std::size_t kVerb = 4;
  if (std::memcmp(bytes.data(), "PUB ", kVerb) != 0) return false;
  const std::string_view text = bytes.substr(kVerb);
  std::uint64_t separators = Scan::separators(text.data(), text.size());
  Arguments args;
  std::size_t start = 0;
  while (separators != 0 && args.end == 0) {
    const auto at = static_cast<std::size_t>(std::countr_zero(separators));
    if (at >= text.size() || at == start || args.count == 3) return false;
    args.at[args.count++] = text.substr(start, at - start);
    if (text[at] == '\r') {
      args.end = at + 2;
      if (args.end > text.size() || text[at + 1] != '\n') return false;
    } else if (text[at] != ' ') {
      return false;
    }
    start = at + 1;
    separators &= separators - 1;
  }
  if (args.end == 0 || args.count < 2) return false;
  line.subject = args.at[0];
  line.reply = args.count == 2 ? std::string_view() : args.at[1];
  const char* const tail = args.at[1].data();
  line.tail = {tail, static_cast<std::size_t>(text.data() + args.end - tail)};
  line.header_size = 0;
  line.has_headers = false;
  return parseDigits(args.at[args.count - 1], line.size);
}

// Splits a line of any allowed length, window by window. False: no such line.
template <class Scan>
bool split(std::string_view text, Arguments& args) {
  std::size_t start = 0;
  for (std::size_t offset = 0; offset < kMaxPubLine && offset < text.size(); offset += kWindow) {
    std::uint64_t separators = Scan::separators(text.data() + offset, text.size() - offset);
    for (; separators != 0; separators &= separators - 1) {
      const std::size_t at = offset + static_cast<std::size_t>(std::countr_zero(separators));
      if (at >= text.size() || at == start || args.count == args.at.size()) return false;
      args.at[args.count++] = text.substr(start, at - start);
      if (text[at] == '\r') {
        args.end = at + 2;
        return args.end <= text.size() && text[at + 1] == '\n';
      }
      if (text[at] != ' ') return false;
      start = at + 1;
    }
  }
  return false;
}

// Longer ones, and those with headers. Kept apart from the loop that publishes.
template <class Scan>
[[gnu::noinline]] bool parseLong(std::string_view bytes, PubLine& line) {
  line.has_headers = bytes[0] == 'H';
  const std::string_view verb = line.has_headers ? "HPUB " : "PUB ";
  if (!bytes.starts_with(verb)) return false;
  const std::string_view text = bytes.substr(verb.size());
  Arguments args;
  if (!split<Scan>(text, args)) return false;
  const std::size_t sizes = line.has_headers ? 2 : 1;
  const bool has_reply = args.count == sizes + 2;
  if (!has_reply && args.count != sizes + 1) return false;
  line.subject = args.at[0];
  line.reply = has_reply ? args.at[1] : std::string_view();
  const char* const tail = args.at[1].data();
  line.tail = {tail, static_cast<std::size_t>(text.data() + args.end - tail)};
  line.header_size = 0;
  if (!parseDigits(args.at[args.count - 1], line.size)) return false;
  if (!line.has_headers) return true;
  return parseDigits(args.at[args.count - 2], line.header_size) && line.header_size > 0 &&
         line.header_size <= line.size;
}

template <class Scan>
bool parse(std::string_view bytes, PubLine& line) {
  if (bytes.size() < sizeof "PUB a 0\r\n" - 1) return false;
  if (parseShort<Scan>(bytes, line)) [[likely]]
    return true;
  return parseLong<Scan>(bytes, line);
}

}  // namespace

bool parsePubLinePortable(std::string_view bytes, PubLine& line) {
  return parse<PortableScan>(bytes, line);
}

#if defined(__SSE2__)
bool parsePubLine(std::string_view bytes, PubLine& line) {
  return parse<VectorScan>(bytes, line);
}
#else
bool parsePubLine(std::string_view bytes, PubLine& line) {
  return parsePubLinePortable(bytes, line);
}
#endif

}  // namespace gannet::protocol
