#include "server/delivery/reserved.h"

namespace gannet::server {
namespace {

bool isLongerWithPrefix(std::string_view text, std::string_view prefix) {
  return text.size() > prefix.size() && text.starts_with(prefix);
}

}  // namespace

bool isReservedSubject(std::string_view subject) {
  return isLongerWithPrefix(subject, "_GR_.") || isLongerWithPrefix(subject, "$GR.") ||
         subject.starts_with("$NRG.");
}

bool isReservedReply(std::string_view reply) {
  return reply.starts_with("_R_.") || isLongerWithPrefix(reply, "_GR_.") ||
         isLongerWithPrefix(reply, "$GR.") || isLongerWithPrefix(reply, "$JS.ACK.");
}

}  // namespace gannet::server
