#include "bench/options.h"

#include "bench/flags.h"

#include <algorithm>
#include <array>

namespace gannet::bench {
namespace {

struct ModeRow {
  Mode mode;
  std::string_view name;
  std::string_view help;
  std::size_t publishers;
  std::size_t subscribers;
  std::size_t concurrency;
};

constexpr std::size_t kHandshakes = 64;  // under way at once unless told: fills two cores

constexpr std::array kModes = {
    ModeRow{Mode::pub, "pub", "publish; nobody listens", 1, 0, 1},
    ModeRow{Mode::fanout, "fanout", "every subscriber gets every message", 1, 10, 1},
    ModeRow{Mode::queue, "queue", "the subscribers are one queue group", 1, 10, 1},
    ModeRow{Mode::pubsub, "pubsub", "several publishers, subscribers and subjects", 4, 4, 1},
    ModeRow{Mode::request, "request", "latency of request and reply", 1, 1, 1},
    ModeRow{Mode::ping, "ping", "latency of PING and PONG on one connection", 0, 0, 1},
    ModeRow{Mode::idle, "idle", "open connections with one subscription each: memory", 0, 0,
            kHandshakes},
    ModeRow{Mode::connect, "connect", "open connections as fast as the server lets them in", 0, 0,
            kHandshakes},
};

const ModeRow& rowOf(Mode mode) {
  return kModes[static_cast<std::size_t>(mode)];
}

std::string generalHelp() {
  std::string text =
      "gannet-bench: load for a NATS server that does not measure itself\n\n"
      "usage: gannet-bench MODE [--flag VALUE | --flag=VALUE]...\n"
      "       gannet-bench MODE --help\n\nmodes:\n";
  for (const ModeRow& row : kModes) {
    text.append("  ").append(row.name).append(10 - row.name.size(), ' ').append(row.help) += '\n';
  }
  return text + "\nCounts take k, m, g (thousands), bytes k, m, g (1024s), times s, ms, m.\n";
}

std::string modeHelp(const ModeRow& mode) {
  constexpr std::size_t kColumn = 24;
  std::string text("gannet-bench ");
  text.append(mode.name).append(": ").append(mode.help) += "\n\n";
  for (const Flag& flag : flags()) {
    if ((flag.modes & bitOf(mode.mode)) == 0) continue;
    std::string left("  --");
    left.append(flag.name).append(" ").append(flag.value);
    left.append(kColumn - std::min(kColumn, left.size()), ' ');
    text.append(left).append(flag.help) += '\n';
  }
  if (mode.publishers > 0) {
    text += "\nUnless told: " + std::to_string(mode.publishers) + " publishers, " +
            std::to_string(mode.subscribers) + " subscribers.\n";
  }
  return text;
}

const Flag* findFlag(std::string_view name) {
  const auto all = flags();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Flag& flag) { return flag.name == name; });
  return found == all.end() ? nullptr : &*found;
}

Error badFlag(std::string_view name, std::string_view why) {
  return Error{"--" + std::string(name) + ": " + std::string(why)};
}

Options defaultsOf(const ModeRow& mode) {
  Options options;
  options.mode = mode.mode;
  options.topology.publishers = mode.publishers;
  options.topology.subscribers = mode.subscribers;
  options.topology.is_queue = mode.mode == Mode::queue;
  options.concurrency = mode.concurrency;
  return options;
}

// What no single flag can see.
Result<void, Error> complete(Options& options) {
  constexpr std::chrono::seconds kDefaultDuration{5};
  if (options.msgs == 0 && options.duration.count() == 0) options.duration = kDefaultDuration;
  if (!options.tls_ca.empty() && !options.is_tls) {
    return Error{"--tls-ca: means nothing without --tls"};
  }
  const bool is_stream = options.mode <= Mode::pubsub;
  if (is_stream) return validate(options.topology);
  if (options.mode == Mode::request && options.concurrency < options.topology.publishers) {
    return Error{"--concurrency must be at least --publishers: each has one request under way"};
  }
  return {};
}

}  // namespace

std::string_view nameOf(Mode mode) {
  return rowOf(mode).name;
}

Result<Command, Error> parseCommand(std::span<const std::string_view> words) {
  if (words.empty()) return Error{"a mode is missing; see gannet-bench --help"};
  if (words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    return Command{.help = generalHelp()};
  }
  const auto* const mode = std::find_if(kModes.begin(), kModes.end(),
                                        [&](const ModeRow& row) { return row.name == words[0]; });
  if (mode == kModes.end()) return Error{"unknown mode \"" + std::string(words[0]) + "\""};

  Command command{.options = defaultsOf(*mode)};
  for (std::size_t at = 1; at < words.size(); ++at) {
    std::string_view word = words[at];
    if (word == "--help" || word == "-h") return Command{.help = modeHelp(*mode)};
    if (!word.starts_with("--")) return Error{"unexpected \"" + std::string(word) + "\""};
    word.remove_prefix(2);
    const std::size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    const Flag* const flag = findFlag(name);
    if (flag == nullptr) return badFlag(name, "unknown flag");
    if ((flag->modes & bitOf(mode->mode)) == 0) {
      return badFlag(name, "means nothing to " + std::string(mode->name));
    }
    std::string_view value;
    if (equals != std::string_view::npos) {
      if (flag->value.empty()) return badFlag(name, "takes no value");
      value = word.substr(equals + 1);
    } else if (!flag->value.empty()) {
      if (++at == words.size()) return badFlag(name, "a value is missing");
      value = words[at];
    }
    const auto applied = flag->apply(command.options, value);
    if (!applied.has_value()) return badFlag(name, applied.error().text);
  }
  const auto completed = complete(command.options);
  if (!completed.has_value()) return completed.error();
  return command;
}

}  // namespace gannet::bench
