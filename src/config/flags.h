#pragma once

#include "base/result.h"
#include "config/options.h"

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gannet::config {

// A command line that could be read.
struct CommandLine {
  bool wants_help = false;
  bool wants_tls_help = false;
  bool wants_version = false;
  bool checks_only = false;        // -t
  std::string config_file;         // -c
  std::string signal;              // --signal, "reload=1234"
  std::vector<std::string> words;  // what stands behind the flags

  // Flags that set options, by the name that was used, which is the order they are applied in; the
  // last value of each.
  std::map<std::string, std::string, std::less<>> settings;
};

// Reads the words behind the program's name in Go's flag syntax. Errors are Go's texts.
// Spec: config-and-cli §5
Result<CommandLine, Error> parseCommandLine(std::span<const std::string_view> words);

// Puts the flags over `options`. Called before the configuration file is read, and again after: an
// explicit flag wins, but the file sees what flags set.
Result<void, Error> applyFlags(const CommandLine& line, Options& options);

// The same without those of TLS, whose files are read.
Result<void, Error> setFlags(const CommandLine& line, Options& options);

// A copy of the words in which secrets read "[REDACTED]". Spec: config-and-cli §5.2
[[nodiscard]] std::vector<std::string> redactFlags(std::span<const std::string_view> words);

}  // namespace gannet::config
