#include "monitor/listener.h"

#include "base/log.h"
#include "net/tls_context.h"
#include "server/process/ports_file.h"
#include "server/process/server.h"
#include "server/state/server_info.h"

#include <fmt/format.h>

namespace gannet::monitor {
namespace {

// Asks for the TLS context in force. The listener stays HTTPS when a reload removes the block: the
// last context that there was goes on.
std::function<net::TlsContextPtr()> latestTls(server::Server& server) {
  return [&server, last = server.settings()->tls]() mutable {
    if (server.settings()->tls != nullptr) last = server.settings()->tls;
    return last;
  };
}

}  // namespace

Result<void, Error> MonitoringListener::start(server::Server& server) {
  const auto& options = server.settings()->options;
  if (options.http_port == 0 && options.https_port == 0) return {};
  if (options.http_port != 0 && options.https_port != 0) {
    return Error{
        fmt::format("Can't start monitoring: can't specify both HTTP ({}) and HTTPs ({}) ports",
                    options.http_port, options.https_port)};
  }
  const bool is_https = options.https_port != 0;
  if (is_https && !options.tls.is_on) {
    return Error{"Can't start monitoring: TLS cert and key required for HTTPS"};
  }
  const std::int64_t wanted = is_https ? options.https_port : options.http_port;
  HttpServer::Settings settings;
  settings.host = options.http_host;
  settings.port = wanted;
  settings.endpoints = {options.http_base_path, std::string(server::kReferenceVersion)};
  if (is_https) settings.tls = latestTls(server);

  source_ = std::make_unique<ServerSource>(server);
  auto http = HttpServer::listen(server.control(), *source_, std::move(settings));
  if (!http) {
    return Error{fmt::format("Can't start monitoring: can't listen to the monitor port: {}",
                             http.error().text)};
  }
  http_ = std::move(*http);
  const std::string scheme = is_https ? "https" : "http";
  const bool is_v6 = options.http_host.find(':') != std::string::npos;
  log::info("Starting {} monitor on {}{}{}:{}", scheme, is_v6 ? "[" : "", options.http_host,
            is_v6 ? "]" : "", http_->port());
  server.announceMonitoring(server::urlsOf(scheme, options.http_host, http_->port()));
  return {};
}

void MonitoringListener::stop() {
  if (http_ != nullptr) http_->stop();
}

}  // namespace gannet::monitor
