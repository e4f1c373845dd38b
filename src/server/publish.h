#pragma once

#include "protocol/args.h"
#include "server/message.h"

namespace gannet::server {

class Worker;
struct AccountView;
struct Plan;
struct Session;

// Takes one message from a client all the way to its receivers: reserved subjects, plan, delivery,
// and the status message when nobody answers.
//
// Threads  The session's shard.
// Cost     See deliver(). With the plan cached, a PUB that nobody listens to costs one hash.
// Spec     client-protocol §7
void publish(Worker& worker, Session& session, const Message& message);

// The plan of this worker for `subject`, from the cache or made anew. Valid until the next plan is
// asked for or the plans are synchronised.
const Plan& planFor(Worker& worker, AccountView& account, std::string_view subject);

// As publish(), for a message that the server itself sends within a session's account.
void publishInternal(Worker& worker, Session& context, const Message& message);

}  // namespace gannet::server
