#pragma once

#include "base/clock.h"

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace gannet::log {

// Lets the same text pass once a second.
//
// Threads  One: the log's.
// Spec     config-and-cli §7.6
class RepeatFilter {
 public:
  static constexpr std::size_t kMaxTexts = 1024;  // beyond it all are forgotten, and may repeat

  // True where `text` was not admitted within the second before `now`.
  bool admit(std::string_view text, MonoTime now);

 private:
  std::map<std::string, MonoTime, std::less<>> admitted_;
};

}  // namespace gannet::log
