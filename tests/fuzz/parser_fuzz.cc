// A client's byte stream, cut in every place: the operations read from it do not depend on the
// cuts, and the vector PUB parser, its portable twin and the general parser agree on every
// operation.

#include "base/assert.h"
#include "protocol/args.h"
#include "protocol/control_line.h"
#include "protocol/pub_line.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace gannet::protocol {
namespace {

constexpr std::size_t kMaxLine = 80;  // small, so that short inputs exceed it
constexpr std::uint32_t kMaxPayload = 1024;
constexpr std::size_t kMaxInput = 4096;
constexpr std::size_t kMaxCuts = 256;

// Takes operations from a stream as a session does: what is incomplete is kept for the next read.
class Stream {
 public:
  void read(std::string_view bytes) {
    if (has_ended_) return;
    kept_.append(bytes);
    // A block of its own: a read behind the promised slack is a read out of bounds.
    std::vector<char> block(kept_.size() + kPubLineSlack);
    std::memcpy(block.data(), kept_.data(), kept_.size());
    std::string_view left(block.data(), kept_.size());
    kept_.clear();
    while (!left.empty() && !has_ended_)
      takeOperation(left);
  }

  // What was read, printed.
  [[nodiscard]] const std::string& operations() const { return operations_; }

 private:
  void takeOperation(std::string_view& left) {
    const ControlLine line = scanLine(left, kMaxLine);
    checkPubLine(left, line);
    switch (line.state) {
      case LineState::incomplete:
        GANNET_ASSERT(line.size > 0 && line.size <= left.size());
        kept_.assign(left.substr(0, line.size));
        left = {};
        return;
      case LineState::unknown_verb: return end("unknown");
      case LineState::too_long: return end("too long");
      case LineState::complete: break;
    }
    GANNET_ASSERT(line.size > 0 && line.size <= left.size() && left[line.size - 1] == '\n');
    GANNET_ASSERT(line.args.size() <= kMaxLine);
    if (line.verb == Verb::pub || line.verb == Verb::hpub) return takeMessage(left, line);
    print(line.verb, line.args);
    left.remove_prefix(line.size);
  }

  void takeMessage(std::string_view& left, const ControlLine& line) {
    const auto pub = line.verb == Verb::pub ? parsePub(line.args) : parseHpub(line.args);
    if (!pub) return end("arguments");
    GANNET_ASSERT(pub->header_size <= pub->size);
    if (pub->size > kMaxPayload) return end("too large");
    const std::size_t total = line.size + pub->size + 2;
    if (left.size() < total) {
      kept_.assign(left);
      left = {};
      return;
    }
    const std::string_view body = left.substr(line.size, pub->size + 2);
    if (!body.ends_with("\r\n")) return end("no line end");
    print(line.verb, pub->subject);
    operations_.append(pub->reply).append(body);
    left.remove_prefix(total);
  }

  // What the quick parser takes is a complete PUB or HPUB line, and means the same to the general
  // one.
  static void checkPubLine(std::string_view bytes, const ControlLine& line) {
    PubLine quick;
    PubLine twin;
    const bool taken = parsePubLine(bytes, quick);
    GANNET_ASSERT(taken == parsePubLinePortable(bytes, twin));
    if (!taken) return;
    // Lines longer than the limit never get to the quick parser.
    const std::size_t verb_size = quick.has_headers ? 5 : 4;
    const auto tail_at = static_cast<std::size_t>(quick.tail.data() - bytes.data());
    if (tail_at + quick.tail.size() > verb_size + kMaxLine) return;
    GANNET_ASSERT(quick.subject.data() == twin.subject.data() && quick.subject == twin.subject);
    GANNET_ASSERT(quick.reply == twin.reply && quick.size == twin.size);
    GANNET_ASSERT(quick.tail.data() == twin.tail.data() && quick.tail == twin.tail);

    GANNET_ASSERT(line.state == LineState::complete);
    GANNET_ASSERT(line.verb == (quick.has_headers ? Verb::hpub : Verb::pub));
    const auto pub = quick.has_headers ? parseHpub(line.args) : parsePub(line.args);
    GANNET_ASSERT(pub.has_value());
    GANNET_ASSERT(quick.subject == pub->subject && quick.reply == pub->reply);
    GANNET_ASSERT(quick.size == pub->size && quick.header_size == pub->header_size);
    GANNET_ASSERT(quick.tail.data() + quick.tail.size() == bytes.data() + line.size);
  }

  void print(Verb verb, std::string_view text) {
    operations_ += static_cast<char>('a' + static_cast<int>(verb));
    operations_.append(text).append("\n");
  }

  void end(std::string_view why) {
    operations_.append("! ").append(why);
    has_ended_ = true;
  }

  std::string kept_;
  std::string operations_;
  bool has_ended_ = false;
};

std::string readInPieces(std::string_view bytes, std::size_t piece) {
  Stream stream;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    stream.read(bytes.substr(0, piece));
  }
  return stream.operations();
}

void checkAllCuts(std::string_view bytes) {
  const std::string whole = readInPieces(bytes, bytes.size());
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 64U}) {
    GANNET_ASSERT(readInPieces(bytes, piece) == whole);
  }
  for (std::size_t cut = 1; cut < std::min(bytes.size(), kMaxCuts); ++cut) {
    Stream stream;
    stream.read(bytes.substr(0, cut));
    stream.read(bytes.substr(cut));
    GANNET_ASSERT(stream.operations() == whole);
  }
}

}  // namespace
}  // namespace gannet::protocol

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > gannet::protocol::kMaxInput) return 0;
  gannet::protocol::checkAllCuts({reinterpret_cast<const char*>(data), size});
  return 0;
}
