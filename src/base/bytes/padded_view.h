#pragma once

#include "base/assert.h"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace gannet {

// Bytes behind which kSlack more may be read, so that a copy may go in wide strides past their end.
// A view: it holds as long as the bytes stay where they are.
class PaddedView {
 public:
  static constexpr std::size_t kSlack = 64;

  // Nothing, padded.
  PaddedView() = default;

  // The caller promises the slack: the bytes lie in a block that goes on for kSlack bytes behind
  // them, whatever stands there.
  [[nodiscard]] static PaddedView within(std::string_view block) { return PaddedView(block); }

  // A part of padded bytes is padded: by what follows it, or by the slack.
  [[nodiscard]] PaddedView substr(std::size_t at, std::size_t size = std::string_view::npos) const {
    return PaddedView(bytes_.substr(at, size));
  }

  // Goes on behind the first `size` bytes.
  void removePrefix(std::size_t size) { bytes_.remove_prefix(size); }

  [[nodiscard]] const char* data() const { return bytes_.data(); }

  [[nodiscard]] std::size_t size() const { return bytes_.size(); }

  [[nodiscard]] bool empty() const { return bytes_.empty(); }

  // The bytes without the promise.
  [[nodiscard]] std::string_view view() const { return bytes_; }

 private:
  explicit PaddedView(std::string_view bytes) : bytes_(bytes) {}

  static constexpr std::array<char, kSlack> kNothing{};

  std::string_view bytes_{kNothing.data(), 0};
};

// Text that is put together piece by piece and then read as PaddedView.
class PaddedText {
 public:
  // Empties it, but keeps its memory.
  void clear() {
    text_.clear();
    size_ = 0;
  }

  // Returns where `piece` begins. Not after seal().
  std::size_t append(std::string_view piece) {
    GANNET_ASSERT(text_.size() == size_);
    text_.append(piece);
    return std::exchange(size_, text_.size());
  }

  // Ends the text.
  void seal() { text_.append(PaddedView::kSlack, '\0'); }

  // Needs  seal(), and a part of what was appended.
  [[nodiscard]] PaddedView view(std::size_t at, std::size_t size) const {
    return PaddedView::within({text_.data() + at, size});
  }

  // All of it. Needs  seal().
  [[nodiscard]] PaddedView view() const {
    GANNET_ASSERT(text_.size() == size_ + PaddedView::kSlack);
    return view(0, size_);
  }

  // Of what was appended so far.
  [[nodiscard]] std::size_t size() const { return size_; }

  [[nodiscard]] std::size_t capacity() const { return text_.capacity(); }

 private:
  std::string text_;
  std::size_t size_ = 0;  // without the slack
};

}  // namespace gannet
