#pragma once

#include "config/findings.h"
#include "config/options.h"

// Options of accounts, operators, and of what else the reference has and Gannet does not. A value
// that asks for nothing is checked as the reference checks it and accepted; one that asks for the
// part is refused. Each reader reports what is wrong and then leaves `out` as it was.
//
// Of what is accepted `out` gets what the server shows or what a reload compares: the system
// account's name, the feature flags, and both OCSP options as they are written. The rest has no
// effect on the reference either as long as its part is off.
//
// Spec: config-and-cli §3.1, §3.8.2, §3.8.3, §3.9, §10.2
namespace gannet::config {

void readAccounts(const Found& found, Options& out, Findings& findings);
void readMappings(const Found& found, Options& out, Findings& findings);
void readSystemAccount(const Found& found, Options& out, Findings& findings);
void readNoAuthUser(const Found& found, Options& out, Findings& findings);
void readSentinel(const Found& found, Options& out, Findings& findings);
void readTrustedKeys(const Found& found, Options& out, Findings& findings);
void readOperators(const Found& found, Options& out, Findings& findings);
void readResolver(const Found& found, Options& out, Findings& findings);
void readResolverTls(const Found& found, Options& out, Findings& findings);
void readResolverPreload(const Found& found, Options& out, Findings& findings);
void readPinnedAccounts(const Found& found, Options& out, Findings& findings);
void readDefaultJsDomain(const Found& found, Options& out, Findings& findings);
void readFeatureFlags(const Found& found, Options& out, Findings& findings);
void readOcsp(const Found& found, Options& out, Findings& findings);
void readOcspCache(const Found& found, Options& out, Findings& findings);
void readProfPort(const Found& found, Options& out, Findings& findings);
void readProfBlockRate(const Found& found, Options& out, Findings& findings);

}  // namespace gannet::config
