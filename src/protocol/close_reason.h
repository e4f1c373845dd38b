#pragma once

#include <cstdint>
#include <string_view>

namespace gannet::protocol {

// Why a connection ended. The first reason set wins. The numbers are the spec's.
// Spec: client-protocol §14
enum class CloseReason : std::uint8_t {
  client_closed = 1,       // the peer ended it in order
  authentication_timeout,  // no CONNECT in time
  authentication_failure,  // bad, or no longer good, credentials
  tls_handshake_failure,
  slow_consumer_pending_bytes,   // more than max_pending waited
  slow_consumer_write_deadline,  // no write went through in time
  write_error,
  read_error,        // a reset, say
  parse_error,       // it sent -ERR
  stale_connection,  // PINGs without PONG
  protocol_violation,
  bad_client_protocol_version,
  incorrect_port,  // a client at the port of routes, or the like
  max_account_connections_exceeded,
  max_connections_exceeded,  // or too many TLS handshakes
  max_payload_exceeded,
  max_control_line_exceeded,
  max_subscriptions_exceeded,
  duplicate_route,  // these two: routes only
  route_removed,
  server_shutdown,         // or lame duck mode
  authentication_expired,  // of a JWT
  wrong_gateway,
  missing_account,
  credentials_revoked,
  internal_client,
  message_header_violation,  // no client meets it
  no_responders_requires_headers,
  cluster_name_conflict,
  duplicate_remote_leafnode_connection,
  duplicate_client_id,  // MQTT
  duplicate_server_name,
  minimum_version_required,  // leafs
  cluster_names_identical,
  kicked,  // by an administrator
  proxy_not_trusted,
  proxy_required,
};

// The text that /connz and DISCONNECT events show.
[[nodiscard]] std::string_view textOf(CloseReason reason);

// Whether what is queued for the peer is still written before the close.
// Spec: client-protocol §7.2
[[nodiscard]] bool flushesBeforeClose(CloseReason reason);

}  // namespace gannet::protocol
