#pragma once

#include "base/clock.h"

#include <cstdint>
#include <string_view>

namespace gannet::bench {

// One line on standard error that says how far a run is, and nothing at all unless that is a
// terminal. The line is wiped when the bar goes.
//
// Cost  update: one comparison of times, ten times a second a write.
class ProgressBar {
 public:
  explicit ProgressBar(std::string_view title);
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  ~ProgressBar();

  // `share` of the work is done, 0 to 1; `count` is shown beside it.
  void update(MonoTime now, double share, std::uint64_t count);

 private:
  std::string_view title_;
  MonoTime next_{};
  bool is_terminal_;
};

}  // namespace gannet::bench
