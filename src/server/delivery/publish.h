#pragma once

#include "server/message/publication.h"
#include "server/message/publish_memo.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace gannet::server {

class Shard;
struct AccountView;
struct Plan;
struct Session;

// Takes one message from a client all the way to its receivers: permissions, plan, delivery,
// and the status message when nobody answers.
//
// Threads  The session's shard.
// Cost     See route.h. With the plan cached it allocates nothing and takes no lock.
// Spec     client-protocol §7
void publish(Shard& shard, Session& session, const Publication& message);

// Publishes the messages at the start of `bytes`, as long as they are complete, plainly written and
// nothing about them or the session is out of the ordinary; the rest is left to publish(). Returns
// the bytes taken, which lie in `owner`.
//
// Cost  About 20 ns a message that nobody listens to, 45 ns with one receiver.
std::size_t publishRun(Shard& shard, Session& session, PaddedView bytes, Buffer* owner);

// Whether the sessions of `memo` may publish on `subject`, and this shard's plan for it, remembered
// or made anew. The account is in sync. Valid until the next plan is asked for, or the account is
// synchronised.
Verdict verdictFor(Shard& shard, AccountView& account, PublishMemo& memo, std::string_view subject);

// The plan alone.
const Plan& planFor(Shard& shard, AccountView& account, std::string_view subject);

// The part of publish() behind the counters and the question whether the message is traced.
void publishUntraced(Shard& shard, Session& session, const Publication& message);

// The -ERR text of a message that the session may not publish, where `permission` says so for its
// subject; empty if it may.
// Spec  client-protocol §5.4
[[nodiscard]] std::string refusalOf(Session& session, const Publication& message,
                                    auth::Permission permission);

// Tells a publisher that nobody is there, on its own subscription to the reply.
// Spec  client-protocol §9.4
void answerNoResponders(Shard& shard, Session& session, std::string_view subject,
                        std::string_view reply);

// Routes a message that no client published, in `account`.
void publishInternal(Shard& shard, AccountView& account, Publication message);

}  // namespace gannet::server
