#pragma once

#include <cstdint>
#include <string_view>

namespace gannet::protocol {

// Why a connection ended. The first reason set wins. The numbers are the spec's.
// Spec: client-protocol §14
enum class CloseReason : std::uint8_t {
  client_closed = 1,
  authentication_timeout,
  authentication_failure,
  tls_handshake_failure,
  slow_consumer_pending_bytes,
  slow_consumer_write_deadline,
  write_error,
  read_error,
  parse_error,
  stale_connection,
  protocol_violation,
  bad_client_protocol_version,
  incorrect_port,
  max_account_connections_exceeded,
  max_connections_exceeded,
  max_payload_exceeded,
  max_control_line_exceeded,
  max_subscriptions_exceeded,
  duplicate_route,
  route_removed,
  server_shutdown,
  authentication_expired,
  wrong_gateway,
  missing_account,
  credentials_revoked,
  internal_client,
  message_header_violation,
  no_responders_requires_headers,
  cluster_name_conflict,
  duplicate_remote_leafnode_connection,
  duplicate_client_id,
  duplicate_server_name,
  minimum_version_required,
  cluster_names_identical,
  kicked,
  proxy_not_trusted,
  proxy_required,
};

// The text that /connz and DISCONNECT events show.
[[nodiscard]] std::string_view textOf(CloseReason reason);

// Whether what is queued for the peer is still written before the close.
// Spec: client-protocol §7.2
[[nodiscard]] bool flushesBeforeClose(CloseReason reason);

}  // namespace gannet::protocol
