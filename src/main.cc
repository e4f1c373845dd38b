#include "base/log.h"
#include "base/machine/fatal_signal.h"
#include "base/machine/heap.h"
#include "base/version.h"
#include "config/flags.h"
#include "config/help.h"
#include "config/load.h"
#include "config/validate.h"
#include "monitor/listener.h"
#include "server/process/server.h"
#include "server/process/settings_change.h"
#include "server/process/signal_command.h"
#include "server/state/server_info.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

// From the command line to a running server: flags, configuration, checks, start.
// Spec: config-and-cli §5

namespace gannet {
namespace {

constexpr int kSuccess = 0;
constexpr int kFailure = 1;

// Opens those of the descriptors 0 to 2 that are closed on /dev/null. A socket or file that got
// such a number would be sent what is meant for standard error. False if that cannot be done.
bool openStandardDescriptors() {
  for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(number, F_GETFD) != -1 || errno != EBADF) continue;
    // The lowest free number is taken, which is this one: those below are open by now.
    if (::open("/dev/null", O_RDWR) != number) return false;
  }
  return true;
}

void print(std::FILE* to, const std::string& text) {
  static_cast<void>(std::fwrite(text.data(), 1, text.size(), to));  // nobody to tell
}

int fail(std::string_view program, std::string_view text) {
  print(stderr, fmt::format("{}: {}\n", program, text));
  return kFailure;
}

// Scripts that call the server by the reference's name expect the reference's line.
int printVersion(std::string_view program) {
  if (program == "nats-server") {
    print(stdout, fmt::format("nats-server: v{}\n", server::kReferenceVersion));
  } else {
    print(stdout,
          fmt::format("gannet: v{} (nats-server v{})\n", version(), server::kReferenceVersion));
  }
  return kSuccess;
}

// Flags, then the file on top of them, then the flags again: an explicit flag wins.
Result<config::Options, Error> readOptions(const config::CommandLine& line,
                                           config::Findings& findings) {
  config::Options options;
  options.logtime = true;
  if (auto applied = config::applyFlags(line, options); !applied) return applied.error();
  if (!line.config_file.empty()) {
    auto found = config::loadFile(line.config_file, options);
    if (!found) return found.error();
    findings = std::move(*found);
    if (findings.hasErrors()) return Error{findings.text()};
    if (auto applied = config::applyFlags(line, options); !applied) return applied.error();
  }
  return options;
}

// Of the file, as it is read behind the flags; what they say of TLS is not looked at. The TLS
// context is made as the start makes it.
int checkOnly(std::string_view program, const config::CommandLine& line) {
  if (line.config_file.empty()) {
    return fail(program, "must specify [-c, --config] option to check configuration file syntax");
  }
  config::Options options;
  if (const auto set = config::setFlags(line, options); !set)
    return fail(program, set.error().text);
  const auto findings = config::loadFile(line.config_file, options);
  if (!findings) return fail(program, findings.error().text);
  if (!findings->isEmpty()) return fail(program, findings->text());
  if (const auto tls = server::makeTlsContext(options.tls); !tls) {
    return fail(program, tls.error().text);
  }
  print(stderr, fmt::format("{}: configuration file {} is valid ({})\n", program, line.config_file,
                            options.config_digest));
  return kSuccess;
}

int serve(const server::Server::Launch& launch, const config::CommandLine& line) {
  const std::string& program = launch.program;
  config::Findings findings;
  auto options = readOptions(line, findings);
  if (!options) return fail(program, options.error().text);
  print(stderr, findings.text());
  config::fillDefaults(*options);
  if (auto valid = config::validate(*options); !valid) return fail(program, valid.error().text);
  if (auto opened = log::open(server::logSettings(*options, program)); !opened) {
    log::writePlain(opened.error().text);
    return kFailure;
  }
  const auto reload = [&line]() -> Result<config::Options, Error> {
    if (line.config_file.empty()) {
      return Error{"can only reload config when a file is provided using -c or --config"};
    }
    config::Findings found;
    auto again = readOptions(line, found);
    if (!again) return again;
    config::fillDefaults(*again);
    return again;
  };
  server::Server server(std::move(*options), launch, reload);
  monitor::MonitoringListener monitoring;
  const int code = server.run({[&monitoring](server::Server& to) { return monitoring.start(to); },
                               [&monitoring] { monitoring.stop(); }});
  log::close();
  return code;
}

int run(const std::string& path, std::span<const std::string_view> words) {
  const std::string program = path.substr(path.rfind('/') + 1);
  const auto line = config::parseCommandLine(words);
  if (!line) {
    print(stderr, line.error().text + "\n");
    print(stdout, config::helpText(program));
    return kSuccess;  // as the reference
  }
  if (line->wants_version) return printVersion(program);
  if (line->wants_help) {
    print(stdout, config::helpText(program));
    return kSuccess;
  }
  if (line->wants_tls_help) {
    print(stdout, config::tlsHelpText());
    return kSuccess;
  }
  if (!line->words.empty()) {
    const std::string word = config::lowerCased(line->words.front());
    if (word == "version") return printVersion(program);
    if (word != "help") {
      return fail(program, fmt::format("unrecognized command: \"{}\"", line->words.front()));
    }
    print(stdout, config::helpText(program));
    return kSuccess;
  }
  if (!line->signal.empty()) {
    const auto sent = server::sendSignal(line->signal);
    return sent ? kSuccess : fail(program, sent.error().text);
  }
  if (line->checks_only) return checkOnly(program, *line);
  server::Server::Launch launch{program, config::redactFlags(words)};
  launch.arguments.insert(launch.arguments.begin(), path);
  return serve(launch, *line);
}

}  // namespace
}  // namespace gannet

int main(int argc, char** argv) {
  if (!gannet::openStandardDescriptors()) return gannet::kFailure;  // nowhere to say why
  gannet::reportFatalSignals("Gannet " + gannet::versionAndRevision());
  gannet::giveFreedMemoryBack();
  const std::string path = argc > 0 ? argv[0] : "gannet";
  const std::vector<std::string_view> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  return gannet::run(path, words);
}
