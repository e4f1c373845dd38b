#include "config/options.h"

namespace gannet::config {
namespace {

template <class T>
void defaultTo(T& option, T value) {
  if (option == T{}) option = std::move(value);
}

}  // namespace

void fillDefaults(Options& options) {
  using std::chrono::minutes;
  using std::chrono::nanoseconds;
  using std::chrono::seconds;
  defaultTo(options.host, std::string("0.0.0.0"));
  defaultTo(options.port, std::int64_t{4222});
  defaultTo(options.http_host, options.host);
  defaultTo(options.max_connections, std::int64_t{65536});
  defaultTo(options.max_control_line, std::int64_t{4096});
  defaultTo(options.max_payload, std::int64_t{1} << 20U);
  defaultTo(options.max_pending, std::int64_t{64} << 20U);
  defaultTo<nanoseconds>(options.ping_interval, minutes(2));
  defaultTo(options.ping_max, std::int64_t{2});
  defaultTo<nanoseconds>(options.write_deadline, seconds(10));
  defaultTo(options.max_closed_clients, std::int64_t{10000});
  defaultTo<nanoseconds>(options.lame_duck_duration, minutes(2));
  defaultTo<nanoseconds>(options.lame_duck_grace_period, seconds(10));
  defaultTo(options.connect_error_reports, std::int64_t{3600});
  defaultTo(options.reconnect_error_reports, std::int64_t{1});
  defaultTo(options.tls.timeout, 2.0);
  defaultTo(options.authorization.timeout, options.tls.is_on ? options.tls.timeout + 1 : 2.0);
}

}  // namespace gannet::config
