#pragma once

#include "config/options.h"
#include "protocol/info.h"

#include <map>
#include <string>
#include <string_view>

namespace gannet::server {

struct Session;
class Shard;

// The three kinds of INFO that a client gets. Spec: client-protocol §3

// On connect: before anything is known of the client.
[[nodiscard]] protocol::ServerInfo initialInfo(const Shard& shard, const Session& session);

// Behind the first PONG after CONNECT.
[[nodiscard]] protocol::ServerInfo connectInfo(const Shard& shard, const Session& session);

// When something changed, such as lame duck mode.
[[nodiscard]] protocol::ServerInfo asyncInfo(const Shard& shard, const Session& session);

// What Gannet reports as its version wherever clients and tools decide by it, and in the fields
// that name the reference's tool chain.
inline constexpr std::string_view kReferenceVersion = "2.15.2";
inline constexpr std::string_view kRuntime = "gannet-c++20";
inline constexpr int kClientProtocol = 1;
inline constexpr int kApiLevel = 5;

// The switches that the reference names in this version, at their defaults. All concern JetStream.
[[nodiscard]] std::map<std::string, bool> defaultFeatureFlags();

// The same as they are configured; names that are not known are no part of them.
[[nodiscard]] std::map<std::string, bool> featureFlags(const config::Options& options);

}  // namespace gannet::server
