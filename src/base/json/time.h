#pragma once

#include "base/clock.h"

#include <optional>
#include <string>
#include <string_view>

// Times as Go's encoding/json shows them: RFC 3339 with up to nine digits behind the second.
// WallTime{} stands for Go's zero time, the year 1, which no clock of ours can reach.
namespace gannet::json {

// Appends `time` in UTC, without quotes and without zeros at the end of the fraction.
void appendTime(std::string& out, WallTime time);

// The time that `text` names, in any zone; digits beyond nanoseconds are cut off. Nothing where it
// is no time, or one outside the years 1678 to 2261, which is what WallTime can hold.
[[nodiscard]] std::optional<WallTime> parseTime(std::string_view text);

}  // namespace gannet::json
