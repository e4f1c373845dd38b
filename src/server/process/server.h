#pragma once

#include "base/result.h"
#include "server/process/lame_duck.h"
#include "server/shards/shard_set.h"
#include "server/state/crypto_threads.h"
#include "server/state/settings.h"
#include "server/state/shared.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gannet::server {

// The server as a process sees it: started, signalled, reloaded, ended. Owns the shards and runs on
// the control thread.
//
// Threads  The control thread (the caller of run()).
// Spec     config-and-cli §6, §7.4, §7.5, §8
class Server {
 public:
  // Reads the configuration again. Errors are the text to log.
  using Reload = std::function<Result<config::Options, Error>()>;

  // Monitoring, which this knows no more of: it starts before the shards and ends before them. An
  // error of its start ends the server.
  struct Monitoring {
    std::function<Result<void, Error>(Server&)> start;
    std::function<void()> stop;
  };

  // How the process was called.
  struct Launch {
    std::string program;                 // the name, without its folder
    std::vector<std::string> arguments;  // all of it, without secrets
  };

  Server(config::Options options, Launch launch, Reload reload);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  // Starts, serves until a signal ends it, and returns the exit code. An error of the start has
  // been logged by then.
  int run(const Monitoring& monitoring);

  // The loop of the control thread: signals, lame duck mode and HTTP run there.
  [[nodiscard]] boost::asio::io_context& control() { return control_; }

  // From the start of monitoring on.
  [[nodiscard]] ShardSet& shards() { return *shards_; }

  // Who this server is, and what its shards look at together.
  [[nodiscard]] Shared& shared() { return shared_; }

  // The configuration in force. Asked again after each turn: a reload replaces it.
  [[nodiscard]] const SettingsPtr& settings() const { return settings_; }

  // Names a listener of a part for the ports file. From a part's start.
  void announceMonitoring(std::vector<std::string> urls) { monitoring_urls_ = std::move(urls); }

  // When the configuration in force was read.
  [[nodiscard]] WallTime configLoaded() const { return config_loaded_; }

 private:
  Result<void, Error> start();
  Result<void, Error> complete(const config::Options& options, net::TlsContextPtr tls);
  Result<void, Error> listen();
  void writePorts();
  void logStart() const;
  void logListening() const;
  void waitForSignal();
  void onSignal(int signal);
  void reload();
  Result<void, Error> applyReload();
  void applyFiles(const Settings& before);
  void enterLameDuck();
  void finish();

  boost::asio::io_context control_;
  boost::asio::signal_set signals_;
  SettingsPtr settings_;
  Reload reload_;
  Shared shared_;
  std::unique_ptr<ShardSet> shards_;
  // End before the shards that their answers go to.
  CryptoThreads passwords_;
  CryptoThreads handshakes_;
  std::unique_ptr<LameDuck> lame_duck_;
  Monitoring monitoring_;
  WallTime config_loaded_;
  std::vector<std::string> monitoring_urls_;
  std::string ports_file_;
};

}  // namespace gannet::server
