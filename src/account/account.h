#pragma once

#include "subject/interest.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace gannet::account {

// The account of everyone who names no other.
inline constexpr std::string_view kGlobalAccount = "$G";

// The account of the server's own subjects, which no client enters by default.
inline constexpr std::string_view kSystemAccount = "$SYS";

// An isolated space of subjects: who wants what in it. Every session is bound to one.
//
// Threads  Any; the interest has its own lock, the rest does not change.
struct Account {
  std::string name;
  std::uint32_t index = 0;  // dense, for tables that shards keep by account
  subject::Interest interest;
};

}  // namespace gannet::account
