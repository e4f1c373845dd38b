#include "bench/publisher.h"

#include "base/assert.h"
#include "bench/client/wire.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace gannet::bench {
namespace {

constexpr std::size_t kRingBytes = 512UL << 10U;
constexpr std::size_t kMinRingBytes = 64UL << 10U;  // below it a write would carry too little
constexpr std::size_t kAllRingsBytes = 8UL << 20U;  // of all publishers, unless they are too many

constexpr std::size_t kSubjectAt = 4;  // in a frame, behind "PUB "

std::size_t ringBytes(const Topology& topology) {
  return std::clamp(kAllRingsBytes / topology.publishers, kMinRingBytes, kRingBytes);
}

}  // namespace

Result<FrameRing, Error> FrameRing::make(const Topology& topology, std::size_t publisher) {
  const auto subjects = subjectsOf(topology, publisher, topology.publishers);
  FrameRing ring;
  ring.frame_size_ = publishFrame(publishedName(topology, 0), "", topology.size).size();
  const std::size_t round = ring.frame_size_ * subjects.size();
  if (round > kMaxBytes) return Error{"--subjects times --size: more than 256 MiB to publish"};
  const std::size_t rounds = std::max<std::size_t>(ringBytes(topology) / round, 2);
  ring.bytes_.reserve(round * rounds);
  for (std::size_t copy = 0; copy < rounds; ++copy) {
    for (const std::size_t subject : subjects) {
      ring.bytes_ += publishFrame(publishedName(topology, subject), "", topology.size);
    }
  }
  GANNET_ASSERT(ring.bytes_.size() == round * rounds);
  if (topology.last_token == LastToken::fresh) {
    const std::size_t end = ring.bytes_.find(' ', kSubjectAt);
    ring.token_at_ = end - TokenCounter::kSize;
    ring.tokens_ = TokenCounter(publisher, topology.publishers);
  }
  return ring;
}

void FrameRing::renewTokens(std::size_t begin, std::size_t end) {
  for (std::size_t at = begin + token_at_; at < end; at += frame_size_) {
    const std::string_view token = tokens_.token();
    std::copy(token.begin(), token.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(at));
    tokens_.advance();
  }
}

std::string_view FrameRing::take(std::size_t frames) {
  GANNET_ASSERT(frames > 0 && frames <= this->frames());
  const std::size_t count = frames * frame_size_;
  if (token_at_ != 0) renewTokens(at_, at_ + count);
  const std::string_view taken = std::string_view(bytes_).substr(at_, count);
  at_ = at_ + count == bytes_.size() ? 0 : at_ + count;
  return taken;
}

void Publisher::load(std::size_t frames) {
  GANNET_ASSERT(isIdle());
  out_ = ring_.take(frames);
}

Result<void, Error> Publisher::write() {
  if (out_.empty()) {
    if (next_control_.empty()) return {};
    control_ = std::exchange(next_control_, std::string());
    out_ = control_;
  }
  const Transfer sent = connection_.send(out_);
  if (sent.error != 0) return Error{"a publisher's connection broke: " + errnoText(sent.error)};
  out_.remove_prefix(sent.size);
  is_writable_ = out_.empty();
  return {};
}

Result<std::size_t, Error> Publisher::read(std::span<char> buffer) {
  auto got = inbound_.receive(connection_, buffer);
  if (!got) return Error{"a publisher: " + got.error().text};
  for (std::uint64_t ping = inbound_.takePings(); ping > 0; --ping)
    say(kPong);
  return got;
}

}  // namespace gannet::bench
