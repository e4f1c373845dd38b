#pragma once

namespace gannet::server {

class Shard;
struct Publication;
struct Shared;

// Subscribes the requests that the server itself answers in the global account: internal receivers
// that live on every shard, so that each is answered where it was published.
// Threads  While no shard runs.
void addServices(Shared& shared);
void removeServices(Shared& shared);

// Logs the server's own subscriptions as those of a client named SYSTEM.
void traceServices();

// Tells a client who it is. A request without a reply, or from no client, gets no answer.
// Spec: client-protocol §17
void answerUserInfo(Shard& shard, const Publication& request);

}  // namespace gannet::server
