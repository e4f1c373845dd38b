#include "auth/permission_set.h"

#include <gtest/gtest.h>

#include <string_view>

namespace gannet::auth {
namespace {

TEST(Everyone, MayNotPublishWhereServersTalk) {  // client-protocol §5.4
  for (const std::string_view subject : {"$NRG.x", "$NRG.", "_GR_.x", "$GR.x"}) {
    EXPECT_FALSE(everyones().mayPublish(subject)) << subject;
  }
  for (const std::string_view subject : {"_GR_.", "$GR.", "$NRG", "a", "$JS.ACK.x", "_R_.x", ""}) {
    EXPECT_TRUE(everyones().mayPublish(subject)) << subject;
  }
}

TEST(Everyone, MayNotAskForAnswersThere) {  // client-protocol §5.4
  for (const std::string_view reply : {"_R_.", "_R_.x", "_GR_.x", "$GR.x", "$JS.ACK.x"}) {
    EXPECT_FALSE(everyones().mayReplyTo(reply)) << reply;
  }
  for (const std::string_view reply : {"", "_INBOX.x", "_R_", "$JS.ACK.", "$JS.API.x", "_GR_."}) {
    EXPECT_TRUE(everyones().mayReplyTo(reply)) << reply;
  }
}

TEST(Everyone, MayJoinAllGroupsButTheServers) {  // client-protocol §5.4
  EXPECT_FALSE(everyones().mayJoin("_sys_"));
  for (const std::string_view queue : {"", "workers", "_sys", "_sys_1", "_SYS_"}) {
    EXPECT_TRUE(everyones().mayJoin(queue)) << queue;
  }
}

TEST(PermissionSet, AllowsWhatItDoesNotDeny) {
  const PermissionSet empty;
  EXPECT_TRUE(empty.mayPublish("$NRG.x"));
  EXPECT_TRUE(empty.mayReplyTo("_R_.x"));
  EXPECT_TRUE(empty.mayJoin("_sys_"));

  const PermissionSet set{.publish_denied = {{"a."}}, .reply_denied = {}, .queue_denied = {"q"}};
  EXPECT_FALSE(set.mayPublish("a.b"));
  EXPECT_TRUE(set.mayReplyTo("a.b"));
  EXPECT_FALSE(set.mayJoin("q"));
}

}  // namespace
}  // namespace gannet::auth
