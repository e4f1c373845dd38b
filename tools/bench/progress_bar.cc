#include "bench/progress_bar.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>

#include <unistd.h>

namespace gannet::bench {
namespace {

constexpr std::chrono::milliseconds kInterval{100};
constexpr std::size_t kWidth = 40;

}  // namespace

ProgressBar::ProgressBar(std::string_view title)
    : title_(title), is_terminal_(isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() {
  if (is_terminal_) fmt::print(stderr, "\r\x1b[K");
}

void ProgressBar::update(MonoTime now, double share, std::uint64_t count) {
  if (!is_terminal_ || now < next_) return;
  next_ = now + kInterval;
  const double done = std::clamp(share, 0.0, 1.0);
  const auto filled = static_cast<std::size_t>(done * static_cast<double>(kWidth));
  const std::string bar = std::string(filled, '=') + std::string(kWidth - filled, ' ');
  fmt::print(stderr, "\r{} [{}] {:3.0f} %  {}\x1b[K", title_, bar, done * 100, count);
}

}  // namespace gannet::bench
