#pragma once

#include <string_view>

namespace gannet::server {

// Subjects that clients may not publish to, and replies they may not name.
// Spec  client-protocol §5.4
[[nodiscard]] bool isReservedSubject(std::string_view subject);
[[nodiscard]] bool isReservedReply(std::string_view reply);

// The queue name that only the server itself may use.
inline constexpr std::string_view kReservedQueue = "_sys_";

}  // namespace gannet::server
