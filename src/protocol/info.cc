#include "protocol/info.h"

#include "base/json.h"

namespace gannet::protocol {

std::string encodeInfo(const ServerInfo& info) {
  std::string line = "INFO ";
  json::writeTo(line, info);
  line += " \r\n";
  return line;
}

bool isInfo(std::string_view json) {
  ServerInfo info;
  return json::read(json, info).has_value();
}

}  // namespace gannet::protocol
