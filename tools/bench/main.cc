#include "base/json.h"
#include "bench/modes/modes.h"
#include "bench/options.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace gannet::bench {
namespace {

constexpr int kFailed = 1;
constexpr int kMisused = 2;

Result<Report, Error> run(const Options& options) {
  switch (options.mode) {
    case Mode::pub:
    case Mode::fanout:
    case Mode::queue:
    case Mode::pubsub: return runStream(options);
    case Mode::request: return runRequests(options);
    case Mode::ping: return runPings(options);
    case Mode::idle: return runIdle(options);
    case Mode::connect: return runConnects(options);
  }
  return Error{"unknown mode"};
}

int complain(const Error& error, int code) {
  std::fprintf(stderr, "gannet-bench: %s\n", error.text.c_str());
  return code;
}

int runProgram(const std::vector<std::string_view>& words) {
  const auto command = parseCommand(words);
  if (!command) return complain(command.error(), kMisused);
  if (!command->help.empty()) {
    std::fputs(command->help.c_str(), stdout);
    return 0;
  }
  const auto report = run(command->options);
  if (!report) return complain(report.error(), kFailed);
  const std::string text = command->options.is_json ? json::write(*report) + "\n" : toText(*report);
  std::fputs(text.c_str(), stdout);
  return 0;
}

}  // namespace
}  // namespace gannet::bench

int main(int argc, char** argv) {
  // OpenSSL writes to its sockets in a way that raises it when the server is gone.
  if (std::signal(SIGPIPE, SIG_IGN) == SIG_ERR) return EXIT_FAILURE;
  return gannet::bench::runProgram(std::vector<std::string_view>(argv + 1, argv + argc));
}
