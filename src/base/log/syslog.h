#pragma once

#include "base/log/destination.h"
#include "base/result.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gannet::log {

enum class SyslogNetwork : unsigned char { local, unix_stream, tcp, udp };

// Where a syslog daemon listens.
struct SyslogAddress {
  SyslogNetwork network = SyslogNetwork::local;
  std::string host;                // tcp, udp
  std::string port;                // digits, or empty where the URL has none
  std::vector<std::string> paths;  // local: tried in order; unix_stream: the one
};

// The daemon of this machine.
[[nodiscard]] SyslogAddress localSyslog();

// udp://host:port, tcp://host:port or unix:///path. Errors are the reference's texts.
Result<SyslogAddress, Error> parseSyslogUrl(std::string_view url);

// A syslog daemon, over one connection that is made again when it fails. A line that a second
// connection does not take either, or that takes longer than two seconds, is dropped.
// Spec: config-and-cli §7.1
class SyslogDestination : public Destination {
 public:
  // Errors: `error connecting to syslog: "WHY"`.
  static Result<std::unique_ptr<SyslogDestination>, Error> connect(SyslogAddress address,
                                                                   std::string tag);

  ~SyslogDestination() override;

  void write(const Line& line) override;

 private:
  SyslogDestination(SyslogAddress address, std::string tag);

  Result<void, Error> connectSocket();
  bool send(std::string_view bytes);
  [[nodiscard]] std::string packet(const Line& line) const;

  SyslogAddress address_;
  std::string tag_;
  std::string host_name_;
  int fd_ = -1;
};

}  // namespace gannet::log
