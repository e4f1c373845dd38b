#pragma once

#include "config/findings.h"
#include "config/options.h"

// Blocks of parts that are not built yet. One that listens on a port, or connects to something, is
// refused; any other is checked as the reference checks it, and then accepted.
// Spec: config-and-cli §3.4 to §3.7, §3.10 to §3.12, §10.2
namespace gannet::config {

void readCluster(const Found& found, Options& out, Findings& findings);
void readGateway(const Found& found, Options& out, Findings& findings);
void readLeafNodes(const Found& found, Options& out, Findings& findings);
void readWebSocket(const Found& found, Options& out, Findings& findings);
void readMqtt(const Found& found, Options& out, Findings& findings);
void readJetStream(const Found& found, Options& out, Findings& findings);
void readProxies(const Found& found, Options& out, Findings& findings);

// The folder of streams, which may be named once. Without JetStream nothing is stored there.
void readStoreDir(const Found& found, Options& out, Findings& findings);

// "cluster name cannot contain spaces"; empty if the name may be used.
[[nodiscard]] std::string_view faultOfClusterName(std::string_view name);

}  // namespace gannet::config
