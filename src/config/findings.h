#pragma once

#include "config/language/value.h"

#include <string>
#include <string_view>
#include <vector>

namespace gannet::config {

// What is wrong with a configuration: collected over the whole file, so that one run shows all.
// Spec: config-and-cli §2.2
class Findings {
 public:
  // "FILE:LINE:COLUMN: REASON"; the configuration is refused.
  void error(const Position& at, std::string_view reason);
  void errorWithoutPosition(std::string_view reason);

  // A value that works but hardly means what it says; the server starts, `-t` fails.
  void warnOfUse(const Position& at, std::string_view field, std::string_view reason);
  void warning(const Position& at, std::string_view text);
  void warning(std::string_view text);

  // The value has the wrong type for `wanted`, a type's name.
  void wrongType(const Position& at, const Value& value, std::string_view wanted);

  [[nodiscard]] bool hasErrors() const { return !errors_.empty(); }

  [[nodiscard]] bool isEmpty() const { return errors_.empty() && warnings_.empty(); }

  // Warnings, then errors, each with a newline.
  [[nodiscard]] std::string text() const;

 private:
  std::vector<std::string> warnings_;
  std::vector<std::string> errors_;
};

// One option as it stands in a file.
struct Found {
  std::string_view name;  // as written; names are matched in any case
  const Entry* entry;

  [[nodiscard]] const Value& value() const { return entry->value; }

  [[nodiscard]] const Position& at() const { return entry->at; }
};

// The value as a T; else null, after reporting the reference's conversion error.
template <class T>
const T* expect(const Value& value, const Position& at, Findings& findings);

extern template const std::string* expect(const Value&, const Position&, Findings&);
extern template const std::int64_t* expect(const Value&, const Position&, Findings&);
extern template const bool* expect(const Value&, const Position&, Findings&);
extern template const Array* expect(const Value&, const Position&, Findings&);
extern template const Map* expect(const Value&, const Position&, Findings&);

// The entries in the order of the file: errors then come in that order too.
[[nodiscard]] std::vector<Found> inFileOrder(const Map& map);

// ASCII letters only: names of options have no others.
[[nodiscard]] std::string lowerCased(std::string_view text);

}  // namespace gannet::config
