#include "base/log/repeat.h"

namespace gannet::log {
namespace {

constexpr std::chrono::seconds kInterval(1);

}  // namespace

bool RepeatFilter::admit(std::string_view text, MonoTime now) {
  if (const auto found = admitted_.find(text); found != admitted_.end()) {
    if (now - found->second < kInterval) return false;
    found->second = now;
    return true;
  }
  if (admitted_.size() >= kMaxTexts) {
    std::erase_if(admitted_, [now](const auto& entry) { return now - entry.second >= kInterval; });
  }
  if (admitted_.size() >= kMaxTexts) admitted_.clear();
  admitted_.emplace(text, now);
  return true;
}

}  // namespace gannet::log
