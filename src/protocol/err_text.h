#pragma once

#include <string>
#include <string_view>

// The texts between the quotes of -ERR '…'. Client libraries match parts of them, so every letter
// counts. Spec: client-protocol §13
namespace gannet::protocol {

// These close the connection, with the reason of the same name where close_reason.h has one.
inline constexpr std::string_view kUnknownProtocolOperation = "Unknown Protocol Operation";
inline constexpr std::string_view kAuthorizationViolation = "Authorization Violation";
inline constexpr std::string_view kAuthenticationTimeout = "Authentication Timeout";
inline constexpr std::string_view kInvalidClientProtocol = "invalid client protocol";
inline constexpr std::string_view kNoRespondersRequiresHeaders =
    "no responders requires headers support";
inline constexpr std::string_view kMaxConnectionsExceeded = "maximum connections exceeded";
inline constexpr std::string_view kConnectionThrottling =
    "Connection throttling is active. Please try again later.";
inline constexpr std::string_view kMaxControlLineExceeded = "maximum control line exceeded";
inline constexpr std::string_view kMaxPayloadViolation = "Maximum Payload Violation";
inline constexpr std::string_view kStaleConnection = "Stale Connection";

// These leave it open; the first one closes it when a limit shrinks below what is in use.
inline constexpr std::string_view kMaxSubscriptionsExceeded = "maximum subscriptions exceeded";
inline constexpr std::string_view kInvalidSubject = "Invalid Subject";
inline constexpr std::string_view kInvalidPublishSubject = "Invalid Publish Subject";

// Permissions Violation for Publish to "<subject>"
[[nodiscard]] std::string publishViolation(std::string_view subject);

// Permissions Violation for Publish with Reply of "<reply>"
[[nodiscard]] std::string replyViolation(std::string_view reply);

// Permissions Violation for Subscription to "<subject>", and using queue "<queue>" unless empty.
[[nodiscard]] std::string subscriptionViolation(std::string_view subject, std::string_view queue);

// Permissions Violation for Subscription to "<subject>", too many tokens
[[nodiscard]] std::string tooManyTokens(std::string_view subject);

}  // namespace gannet::protocol
