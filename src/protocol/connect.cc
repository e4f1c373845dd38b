#include "protocol/connect.h"

#include "base/json.h"

#include <utility>
#include <vector>

namespace gannet::protocol {
namespace {

// What routes and leaf nodes send besides. A client's are checked for their type and dropped.
struct SubjectLists {
  std::vector<std::string> allow;
  std::vector<std::string> deny;
};
BOOST_DESCRIBE_STRUCT(SubjectLists, (), (allow, deny))

struct ConnectWire : ConnectOptions {
  std::string remote_account;
  SubjectLists import_, export_;  // NOLINT(readability-identifier-naming): words of C++
};
BOOST_DESCRIBE_STRUCT(ConnectWire, (ConnectOptions), (remote_account, import_, export_))

}  // namespace

Result<void, Error> decodeConnect(std::string_view json, ConnectOptions& current) {
  ConnectWire wire;
  static_cast<ConnectOptions&>(wire) = current;
  auto decoded = json::read(json, wire);
  if (decoded) current = std::move(static_cast<ConnectOptions&>(wire));
  return decoded;
}

}  // namespace gannet::protocol
