#include "server/process/server.h"

#include "auth/nkey.h"
#include "base/errno_text.h"
#include "base/log.h"
#include "base/machine/cgroup.h"
#include "base/version.h"
#include "config/reload.h"
#include "config/validate.h"
#include "server/process/pid_file.h"
#include "server/process/ports_file.h"
#include "server/process/settings_change.h"
#include "server/state/server_info.h"

#include <algorithm>
#include <cerrno>
#include <csignal>

#include <sys/resource.h>
#include <unistd.h>

namespace gannet::server {
namespace {

std::size_t shardCount(const config::Options& options) {
  if (options.shards > 0) return static_cast<std::size_t>(options.shards);
  return std::min<std::size_t>(usableCores(), config::kMaxShards);
}

// A connection is a file: as many as this process may open, whatever the shell's habit is.
void raiseFileLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    log::warn("Could not raise the limit of open files: {}", errnoText(errno));
  }
}

// As Go names them in the reference's log line.
std::string_view signalName(int signal) {
  switch (signal) {
    case SIGINT: return "interrupt";
    case SIGTERM: return "terminated";
    case SIGUSR1: return "user defined signal 1";
    case SIGUSR2: return "user defined signal 2";
    case SIGHUP: return "hangup";
    default: return "unknown";
  }
}

std::string hostPort(const std::string& host, std::int64_t port) {
  const bool v6 = host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", v6 ? "[" : "", host, v6 ? "]" : "", port);
}

// A crowd of TLS clients gets half of the cores: beside 6,000 of them on two cores, the 99th
// percentile of requests was 0.8 ms with one thread and 3.0 ms with two.
std::size_t handshakeThreads(const config::Options& options) {
  return std::max<std::size_t>(shardCount(options) / 2, 1);
}

// What the file says of the switches of new behaviour.
void logFeatureFlags(const std::map<std::string, bool>& configured) {
  if (configured.empty()) return;
  const auto known = defaultFeatureFlags();
  std::string used;
  std::string unknown;
  const auto add = [](std::string& list, std::string_view item) {
    list.append(list.empty() ? "" : ", ").append(item);
  };
  for (const auto& [name, is_on] : configured) {
    const auto flag = known.find(name);
    if (flag == known.end()) {
      add(unknown, name);
    } else if (is_on == flag->second) {
      add(used, fmt::format("{} ({})", name, is_on ? "enabled" : "disabled"));
    } else {
      add(used, fmt::format("{} ({})", name, is_on ? "opt-in" : "opt-out"));
    }
  }
  log::info("  Feature flags:");
  log::info("    Configured:    {}", used.empty() ? "none" : used);
  if (!unknown.empty()) log::info("    Unsupported:   {}", unknown);
}

}  // namespace

Server::Server(config::Options options, Launch launch, Reload reload)
    : signals_(control_),
      reload_(std::move(reload)),
      passwords_(shardCount(options)),
      handshakes_(handshakeThreads(options)) {
  shared_.started = config_loaded_ = wallNow();
  shared_.identity.id = auth::newServerKey();
  shared_.identity.xkey = auth::newCurveKey();
  shared_.identity.name = options.server_name.empty() ? shared_.identity.id : options.server_name;
  shared_.identity.program = std::move(launch.program);
  shared_.identity.arguments = std::move(launch.arguments);
  shared_.passwords = &passwords_;
  shared_.handshakes = &handshakes_;
  shared_.memory.setLimit(options.max_memory);
  auto settings = std::make_shared<Settings>();
  settings->options = std::move(options);
  settings_ = std::move(settings);
}

Server::~Server() = default;

int Server::run(const Monitoring& monitoring) {
  monitoring_ = monitoring;
  logStart();
  if (const auto started = start(); !started) {
    log::write(log::Level::fatal, started.error().text);
    return 1;
  }
  control_.run();
  return 0;
}

Result<void, Error> Server::start() {
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  raiseFileLimit();
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGHUP})
    signals_.add(signal);
  waitForSignal();
  const config::Options& options = settings_->options;
  if (!options.pid_file.empty()) {
    if (auto written = writePidFile(options.pid_file); !written) {
      return Error{"Could not write pidfile: " + written.error().text};
    }
  }
  auto tls = makeTlsContext(options.tls);
  if (!tls) return tls.error();
  warnOfMissingTlsChoices(options.tls);
  if (auto completed = complete(options, *tls); !completed) return completed;
  if (auto started = monitoring_.start(*this); !started) return started;
  if (auto listening = listen(); !listening) return listening;
  shards_->start();
  logListening();
  writePorts();
  return {};
}

Result<void, Error> Server::listen() {
  config::Options options = settings_->options;
  shards_ = std::make_unique<ShardSet>(shardCount(options), shared_, settings_);
  if (auto listening = shards_->listen(*settings_, shared_.identity); !listening) {
    return Error{fmt::format("Error listening on port: {}, \"{}\"",
                             hostPort(options.host, options.port == -1 ? 0 : options.port),
                             listening.error().text)};
  }
  // Once more, now that the port is known.
  options.port = shared_.identity.port;
  if (auto completed = complete(options, settings_->tls); !completed) return completed;
  for (const auto& shard : shards_->shards())
    applySettings(*shard, settings_);
  return {};
}

// Makes `options` with `tls` the settings in force before any shard runs.
Result<void, Error> Server::complete(const config::Options& options, net::TlsContextPtr tls) {
  auto settings = completeSettings(options, std::move(tls), shared_.identity);
  if (!settings) return Error{"Error setting server INFO with " + settings.error().text};
  settings_ = std::move(*settings);
  return {};
}

void Server::writePorts() {
  if (!ports_file_.empty()) ::unlink(ports_file_.c_str());
  ports_file_.clear();
  const config::Options& options = settings_->options;
  if (options.ports_file_dir.empty()) return;
  const bool is_tls = settings_->tls != nullptr && !options.allow_non_tls;
  const OpenPorts ports{urlsOf(is_tls ? "tls" : "nats", options.host, shared_.identity.port),
                        monitoring_urls_};
  auto written = writePortsFile(options.ports_file_dir, shared_.identity.program, ports);
  if (written) {
    ports_file_ = *written;
  } else {
    log::error("{}", written.error().text);
  }
}

void Server::logStart() const {
  const config::Options& options = settings_->options;
  log::info("Starting nats-server");
  log::info("  Version:  {}", kReferenceVersion);
  log::info("  Git:      [not set]");
  log::debug("  Go build: {}", kRuntime);
  if (!options.cluster_name.empty()) log::info("  Cluster:  {}", options.cluster_name);
  log::info("  Name:     {}", shared_.identity.name);
  log::info("  ID:       {}", shared_.identity.id);
  // The lines above are the reference's, because tools parse them. This one tells people.
  const std::size_t shards = shardCount(options);
  log::info("Gannet {}, {} {}, memory budget {} MB", versionAndRevision(), shards,
            shards == 1 ? "shard" : "shards", shared_.memory.limit() >> 20);
  logFeatureFlags(options.feature_flags);
  if (hasPlainPassword(options)) {
    log::warn("Plaintext passwords detected, use nkeys or bcrypt");
  }
  if (!options.config_file.empty()) {
    log::info("Using configuration file: {} ({})", options.config_file, options.config_digest);
  }
  if (options.max_payload > kLargePayload) {
    log::warn(
        "Maximum payloads over 8.00 MB are generally discouraged and could lead to poor "
        "performance");
  }
}

void Server::logListening() const {
  const config::Options& options = settings_->options;
  log::info("Listening for client connections on {}",
            hostPort(options.host, shared_.identity.port));
  if (!options.unix_listen.empty()) {
    log::info("Listening for client connections on unix:{}", options.unix_listen);
  }
  if (options.proxy_protocol) log::info("PROXY protocol enabled for client connections");
  if (settings_->tls != nullptr) {
    log::info("TLS {} for client connections", options.allow_non_tls ? "available" : "required");
    if (options.tls.handshake_first && options.tls.handshake_first_fallback.count() == 0) {
      log::warn("Clients that are not using \"TLS Handshake First\" option will fail to connect");
    }
  }
  log::info("Server is ready");
}

void Server::waitForSignal() {
  signals_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    onSignal(signal);
    waitForSignal();
  });
}

void Server::onSignal(int signal) {
  log::info("Trapped \"{}\" signal", signalName(signal));
  switch (signal) {
    case SIGINT: finish(); break;
    case SIGTERM:
      // Orchestrators send it after SIGUSR2: the way out under way is the better one.
      if (lame_duck_ == nullptr) finish();
      break;
    case SIGUSR1: log::reopen(); break;
    case SIGUSR2: enterLameDuck(); break;
    case SIGHUP: reload(); break;
    default: break;
  }
}

void Server::enterLameDuck() {
  if (lame_duck_ != nullptr || shards_ == nullptr) return;
  lame_duck_ = std::make_unique<LameDuck>(control_, *shards_, shared_, [this] { finish(); });
  lame_duck_->begin(*settings_);
}

void Server::reload() {
  if (const auto applied = applyReload(); !applied) {
    std::string text = applied.error().text;
    if (text.ends_with('\n')) text.pop_back();
    log::error("Failed to reload server configuration: {}", text);
  }
}

Result<void, Error> Server::applyReload() {
  if (shards_ == nullptr) return {};
  auto options = reload_();
  if (!options) return options.error();
  if (auto valid = config::validate(*options); !valid) return valid;
  if (options->port < 0) options->port = shared_.identity.port;
  const config::Options& before = settings_->options;
  const auto plan = config::planReload(before, *options);
  if (!plan) return plan.error();
  auto tls = makeTlsContext(options->tls);
  if (!tls) return tls.error();
  auto settings = completeSettings(*options, std::move(*tls), shared_.identity);
  if (!settings) return Error{"invalid " + settings.error().text};
  warnOfMissingTlsChoices(options->tls);
  const SettingsPtr old = settings_;
  // The old log says what changes, the log's own place among it.
  if (plan->changes_logging) {
    auto opened = log::open(logSettings(*options, shared_.identity.program), plan->lines);
    if (!opened) return opened;
  } else {
    for (const std::string& line : plan->lines)
      log::write(log::Level::info, line);
  }
  settings_ = *settings;
  shards_->onEachAndWait([this](Shard& shard) { applySettings(shard, settings_); });
  applyFiles(*old);
  if (old->options.max_connections != settings_->options.max_connections) {
    enforceMaxConnections(*shards_, *settings_);
  }
  config_loaded_ = wallNow();
  log::info("Reloaded server configuration ({})", settings_->options.config_digest);
  if (plan->changes_pinned_certs) {
    const std::size_t count = enforcePinnedCerts(*shards_);
    if (count > 0) log::info("Disconnect {} clients due to pinned certs reload", count);
  }
  return {};
}

void Server::applyFiles(const Settings& before) {
  const config::Options& options = settings_->options;
  if (options.pid_file != before.options.pid_file && !options.pid_file.empty()) {
    if (const auto written = writePidFile(options.pid_file); !written) {
      log::error("Failed to write pidfile: {}", written.error().text);
    }
  }
  if (options.ports_file_dir != before.options.ports_file_dir) writePorts();
}

void Server::finish() {
  log::info("Initiating Shutdown...");
  monitoring_.stop();
  if (shards_ != nullptr) shards_->shutdown(settings_->options.write_deadline);
  if (!ports_file_.empty()) ::unlink(ports_file_.c_str());
  log::info("Server Exiting..");
  control_.stop();
}

}  // namespace gannet::server
