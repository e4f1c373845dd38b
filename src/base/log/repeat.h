#pragma once

#include "base/clock.h"

#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace gannet::log {

// Lets the same text pass once a second. Spec: config-and-cli §7.6
//
// Threads  Any.
class RepeatFilter {
 public:
  static constexpr std::size_t kMaxTexts = 1024;  // beyond it all are forgotten, and may repeat

  // True where `text` was not admitted within the second before `now`.
  bool admit(std::string_view text, MonoTime now);

 private:
  std::mutex mutex_;
  std::map<std::string, MonoTime, std::less<>> admitted_;
};

}  // namespace gannet::log
