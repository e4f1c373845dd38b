#pragma once

namespace gannet::server {

struct Message;
struct Session;
class Worker;

// True if the headers of a message ask for its way to be reported.
// Spec  client-protocol §15
[[nodiscard]] bool asksForTrace(const Message& message);

// As publish(), with an account of every step sent to the destination that the headers name.
void publishTraced(Worker& worker, Session& session, const Message& message);

}  // namespace gannet::server
