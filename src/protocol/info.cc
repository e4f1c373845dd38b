#include "protocol/info.h"

#include "base/json.h"

namespace gannet::protocol {

std::string encodeInfo(const ServerInfo& info) {
  std::string line = "INFO ";
  json::writeTo(line, info);
  line += " \r\n";
  return line;
}

Result<void, Error> checkInfo(std::string_view json) {
  ServerInfo info;
  return json::read(json, info);
}

}  // namespace gannet::protocol
