#include "protocol/err_text.h"

#include "protocol/redact.h"

#include <fmt/format.h>

namespace gannet::protocol {

std::string publishViolation(std::string_view subject) {
  return fmt::format("Permissions Violation for Publish to {}", quoteSent(subject));
}

std::string replyViolation(std::string_view reply) {
  return fmt::format("Permissions Violation for Publish with Reply of {}", quoteSent(reply));
}

std::string subscriptionViolation(std::string_view subject, std::string_view queue) {
  std::string text =
      fmt::format("Permissions Violation for Subscription to {}", quoteSent(subject));
  if (!queue.empty()) text += fmt::format(" using queue {}", quoteSent(queue));
  return text;
}

std::string tooManyTokens(std::string_view subject) {
  return fmt::format("{}, too many tokens", subscriptionViolation(subject, ""));
}

}  // namespace gannet::protocol
