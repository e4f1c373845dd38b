#include "server/process/signal_command.h"

#include "base/errno_text.h"
#include "base/go_quote.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include <unistd.h>

namespace gannet::server {
namespace {

struct Command {
  std::string_view name;
  int signal;
};

constexpr auto kCommands = std::to_array<Command>({{"stop", SIGKILL},
                                                   {"quit", SIGINT},
                                                   {"term", SIGTERM},
                                                   {"reopen", SIGUSR1},
                                                   {"reload", SIGHUP},
                                                   {"ldm", SIGUSR2}});

// The name of a process's executable as the kernel keeps it.
std::string nameOf(const std::filesystem::path& process) {
  std::ifstream file(process / "comm");
  std::string name;
  std::getline(file, name);
  return name;
}

std::optional<int> parsePid(std::string_view text) {
  int pid = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
  if (error != std::errc{} || end != text.data() + text.size() || pid <= 0) return std::nullopt;
  return pid;
}

// The text itself, or what the file of that name holds.
std::string resolveFile(const std::string& text) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(text, error)) return text;
  std::ifstream file(text);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

Result<std::vector<int>, Error> theOnlyServer() {
  const std::vector<int> running = runningServers();
  if (running.empty()) return Error{"no nats-server processes running"};
  if (running.size() == 1) return running;
  std::string text = "multiple nats-server processes running:";
  for (const int pid : running)
    text += fmt::format("\n{}", pid);
  return Error{std::move(text)};
}

Result<std::vector<int>, Error> serversNamed(const std::string& expression) {
  const std::string target = resolveFile(expression);
  if (!target.ends_with('*')) {
    const auto pid = parsePid(target);
    if (!pid) return Error{fmt::format("invalid pid: {}", target)};
    return std::vector<int>{*pid};
  }
  const std::string prefix = target.substr(0, target.size() - 1);
  if (!prefix.empty() && !parsePid(prefix)) return Error{fmt::format("invalid pid: {}", prefix)};
  std::vector<int> running = runningServers();
  std::erase_if(running, [&](int pid) { return !std::to_string(pid).starts_with(prefix); });
  if (running.empty()) return Error{"no nats-server processes running"};
  return running;
}

}  // namespace

std::vector<int> runningServers() {
  std::vector<int> pids;
  // By this program's own name: a server of another make that runs beside is not ours to end.
  const std::string own = nameOf("/proc/self");
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const auto pid = parsePid(entry.path().filename().string());
    if (!pid || *pid == ::getpid()) continue;
    if (nameOf(entry.path()) == own) pids.push_back(*pid);
  }
  std::sort(pids.begin(), pids.end());
  return pids;
}

Result<void, Error> sendSignal(std::string_view command) {
  std::vector<std::string> parts;
  std::string_view rest = command;
  for (;;) {
    const std::size_t equals = rest.find('=');
    parts.emplace_back(rest.substr(0, equals));
    if (equals == std::string_view::npos) break;
    rest.remove_prefix(equals + 1);
  }
  if (parts.size() > 2) {
    std::string shown = parts[2];
    for (std::size_t i = 3; i < parts.size(); ++i)
      shown += " " + parts[i];
    return Error{fmt::format("invalid signal parameters: [{}]", shown)};
  }
  const bool is_named = parts.size() == 2 && !parts[1].empty();
  const auto pids = is_named ? serversNamed(parts[1]) : theOnlyServer();
  if (!pids) return pids.error();
  const auto* known = std::find_if(kCommands.begin(), kCommands.end(),
                                   [&parts](const Command& row) { return row.name == parts[0]; });
  if (known == kCommands.end()) {
    return Error{fmt::format("unknown signal {}", goQuote(parts[0]))};
  }
  std::string failures;
  for (const int pid : *pids) {
    if (::kill(pid, known->signal) == 0) continue;
    failures += fmt::format("\nsignal {} {}: {}", goQuote(parts[0]), pid, errnoText(errno));
  }
  if (!failures.empty()) return Error{std::move(failures)};
  return {};
}

}  // namespace gannet::server
