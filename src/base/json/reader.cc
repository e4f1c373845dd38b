#include "base/json/reader.h"

#include "base/ascii.h"
#include "base/utf8.h"

#include <boost/container/small_vector.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <system_error>

// Boost.JSON scans, the handler below puts what is found into its place: a frame for each of our
// own types that is open, and a count for what nobody wants.
namespace gannet::json {
namespace {

using boost::json::error_code;

// In any case, as Go does. Most clients spell their keys as we do: that is tried first.
const Field* findField(std::span<const Field> fields, std::string_view key) {
  for (const Field& field : fields)
    if (field.name == key) return &field;
  for (const Field& field : fields)
    if (equalFold(field.name, key)) return &field;
  return nullptr;
}

// `text`, or a copy in `room` in which each byte that is not UTF-8 has become U+FFFD.
std::string_view cleanUtf8(std::string_view text, std::string& room) {
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (std::all_of(text.begin(), text.end(), is_ascii)) return text;
  constexpr char32_t kReplacement = 0xFFFD;
  std::string clean;
  for (std::string_view rest = text; !rest.empty();) {
    const Rune rune = decodeRune(rest);
    appendRune(clean, rune.valid ? rune.value : kReplacement);
    rest.remove_prefix(rune.size);
  }
  room = std::move(clean);
  return room;
}

std::string_view kindOf(const Scalar& value) {
  constexpr std::string_view kKinds[] = {"bool", "number", "number", "number", "string"};
  return kKinds[value.index()];
}

// What Boost's parser calls for what it meets: its names, and false to stop.
class Handler {
 public:
  static constexpr std::size_t max_object_size = std::string::npos;
  static constexpr std::size_t max_array_size = std::string::npos;
  static constexpr std::size_t max_key_size = std::string::npos;
  static constexpr std::size_t max_string_size = std::string::npos;

  Handler(Slot root, UnknownKeys unknown_keys) : next_(root), unknown_keys_(unknown_keys) {}

  // Empty: the parser's own error, if any, is the only one.
  [[nodiscard]] const std::string& error() const { return error_; }

  bool on_document_begin(error_code& /*ec*/) { return true; }

  bool on_document_end(error_code& /*ec*/) { return true; }

  bool on_object_begin(error_code& ec) { return open('{', "object", ec); }

  bool on_object_end(std::size_t /*size*/, error_code& /*ec*/) { return close(); }

  bool on_array_begin(error_code& ec) { return open('[', "array", ec); }

  bool on_array_end(std::size_t /*size*/, error_code& /*ec*/) { return close(); }

  bool on_key_part(std::string_view part, std::size_t /*size*/, error_code& /*ec*/) {
    return append(part);
  }

  bool on_key(std::string_view rest, std::size_t /*size*/, error_code& ec) {
    if (unwanted_ > 0) return true;
    const bool is_good = onKey(whole(rest), ec);
    text_.clear();
    return is_good;
  }

  bool on_string_part(std::string_view part, std::size_t /*size*/, error_code& /*ec*/) {
    return append(part);
  }

  bool on_string(std::string_view rest, std::size_t /*size*/, error_code& ec) {
    if (unwanted_ > 0) return true;
    const bool is_good = take(whole(rest), ec);
    text_.clear();
    return is_good;
  }

  bool on_number_part(std::string_view /*part*/, error_code& /*ec*/) { return true; }

  bool on_int64(std::int64_t value, std::string_view /*token*/, error_code& ec) {
    return take(value, ec);
  }

  bool on_uint64(std::uint64_t value, std::string_view /*token*/, error_code& ec) {
    return take(value, ec);
  }

  // Boost's double may be off by a bit or two: the token is read again.
  bool on_double(double value, std::string_view token, error_code& ec) {
    std::from_chars(token.data(), token.data() + token.size(), value);
    return take(value, ec);
  }

  bool on_bool(bool value, error_code& ec) { return take(value, ec); }

  bool on_null(error_code& /*ec*/) {
    const Slot slot = nextSlot();
    if (slot.type != nullptr && slot.type->clear != nullptr) slot.type->clear(slot.value);
    return true;
  }

  bool on_comment_part(std::string_view /*part*/, error_code& /*ec*/) { return true; }

  bool on_comment(std::string_view /*rest*/, error_code& /*ec*/) { return true; }

 private:
  // A value of ours that is open.
  struct Frame {
    Slot slot;
    std::string_view field;  // that is being read: a literal; empty in arrays and maps
  };

  // Where the value goes that comes now.
  Slot nextSlot() {
    if (unwanted_ > 0) return {};
    const bool is_element = !frames_.empty() && frames_.back().slot.type->bracket == '[';
    return is_element ? frames_.back().slot.type->add(frames_.back().slot.value, "") : next_;
  }

  // Likewise, where it is not null.
  Slot nextOpened() {
    Slot slot = nextSlot();
    while (slot.type != nullptr && slot.type->open != nullptr)
      slot = slot.type->open(slot.value);
    return slot;
  }

  bool take(const Scalar& value, error_code& ec) {
    const Slot slot = nextOpened();
    if (slot.type == nullptr) return true;
    const bool is_taken = slot.type->take != nullptr && slot.type->take(slot.value, value);
    return is_taken || refuse(kindOf(value), *slot.type, ec);
  }

  bool open(char bracket, std::string_view kind, error_code& ec) {
    const Slot slot = nextOpened();
    if (slot.type == nullptr) {
      ++unwanted_;
      return true;
    }
    if (slot.type->bracket != bracket) return refuse(kind, *slot.type, ec);
    if (bracket == '[') slot.type->clear(slot.value);
    frames_.push_back({slot, {}});
    return true;
  }

  bool close() {
    if (unwanted_ > 0) {
      --unwanted_;
    } else {
      frames_.pop_back();
    }
    return true;
  }

  bool onKey(std::string_view key, error_code& ec) {
    Frame& frame = frames_.back();
    if (frame.slot.type->add != nullptr) {
      next_ = frame.slot.type->add(frame.slot.value, key);
      return true;
    }
    const Field* const field = findField(frame.slot.type->fields, key);
    if (field == nullptr && unknown_keys_ == UnknownKeys::refused) {
      return fail(fmt::format("json: unknown field \"{}\"", key), ec);
    }
    next_ = field == nullptr ? Slot{} : field->in(frame.slot.value);
    frame.field = field == nullptr ? std::string_view{} : field->name;
    return true;
  }

  // Strings come in parts where they have escapes.
  bool append(std::string_view part) {
    if (unwanted_ == 0) text_.append(part);
    return true;
  }

  std::string_view whole(std::string_view rest) {
    return cleanUtf8(text_.empty() ? rest : text_.append(rest), text_);
  }

  bool refuse(std::string_view kind, const Type& type, error_code& ec) {
    std::string path;
    for (const Frame& frame : frames_) {
      if (!frame.field.empty()) path.append(path.empty() ? "field " : ".").append(frame.field);
    }
    if (path.empty()) path = "value";
    return fail(fmt::format("json: cannot unmarshal {} into {} of type {}", kind, path, type.name),
                ec);
  }

  // The parser wants some error; ours is the one that is told.
  bool fail(std::string text, error_code& ec) {
    error_ = std::move(text);
    ec = boost::json::error::exception;
    return false;
  }

  Slot next_;  // of the document, or behind the last key
  UnknownKeys unknown_keys_;
  std::size_t unwanted_ = 0;  // open brackets of what goes nowhere
  boost::container::small_vector<Frame, 8> frames_;
  std::string text_;  // of a key or string that comes in parts
  std::string error_;
};

}  // namespace

Result<void, Error> readInto(std::string_view text, Slot root, const ReadOptions& options) {
  if (text.size() > options.max_bytes) return Error{"the document is too large"};
  boost::json::parse_options syntax;
  syntax.max_depth = options.max_depth;
  syntax.allow_invalid_utf8 = true;  // as Go does; it becomes U+FFFD
  boost::json::basic_parser<Handler> parser(syntax, root, options.unknown_keys);
  error_code error;
  const std::size_t end = parser.write_some(false, text.data(), text.size(), error);
  if (!error && end < text.size()) error = boost::json::error::extra_data;
  if (!error) return {};
  if (!parser.handler().error().empty()) return Error{parser.handler().error()};
  return Error{fmt::format("invalid JSON at byte {}: {}", end, error.message())};
}

}  // namespace gannet::json
