#pragma once

#include "base/rng.h"
#include "subject/tokens.h"
#include "subject/trie.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gannet::subject {

// A receiver that knows by itself what the trie must find out.
struct NaiveReceiver : Receiver {
  std::string pattern;
  std::string queue;
  int id = 0;
};

// Who gets a message: ids by queue name, sorted; the plain ones under the empty name.
using Described = std::map<std::string, std::vector<int>>;

inline Described described(const Match& match) {
  Described result;
  const auto add = [&result](std::string_view queue, const Receiver* receiver) {
    result[std::string(queue)].push_back(static_cast<const NaiveReceiver*>(receiver)->id);
  };
  for (const Receiver* const receiver : match.plain)
    add("", receiver);
  for (const QueueMatch& queue : match.queues) {
    // Two groups of one name would fold into one here: tell them apart.
    if (result.contains(std::string(queue.name))) result["twice"].push_back(-1);
    for (const Receiver* const receiver : queue.members)
      add(queue.name, receiver);
  }
  for (auto& [name, ids] : result)
    std::sort(ids.begin(), ids.end());
  return result;
}

// The oracle: a vector and the definition of matching.
class NaiveInterest {
 public:
  NaiveReceiver& add(std::string_view pattern, std::string_view queue) {
    auto receiver = std::make_unique<NaiveReceiver>();
    receiver->pattern = pattern;
    receiver->queue = queue;
    receiver->id = next_id_++;
    return *receivers_.emplace_back(std::move(receiver));
  }

  void remove(std::size_t index) {
    receivers_.erase(receivers_.begin() + static_cast<std::ptrdiff_t>(index));
  }

  [[nodiscard]] const std::vector<std::unique_ptr<NaiveReceiver>>& all() const {
    return receivers_;
  }

  [[nodiscard]] Described match(std::string_view subject) const {
    Described result;
    for (const auto& receiver : receivers_) {
      if (matches(receiver->pattern, subject)) result[receiver->queue].push_back(receiver->id);
    }
    return result;
  }

 private:
  std::vector<std::unique_ptr<NaiveReceiver>> receivers_;
  int next_id_ = 0;
};

inline std::vector<std::string> tokensOf(std::string_view text) {
  std::vector<std::string> tokens;
  TokenReader reader(text);
  for (std::string_view token; reader.next(token);)
    tokens.emplace_back(token);
  return tokens;
}

inline std::string joined(const std::vector<std::string>& tokens) {
  std::string text;
  for (std::size_t i = 0; i < tokens.size(); ++i)
    text += (i == 0 ? "" : ".") + tokens[i];
  return text;
}

// Few tokens, so that patterns meet, but enough to grow and shrink tables of children.
inline std::string randomSubject(Rng& rng) {
  std::string subject;
  for (std::uint32_t left = 1 + rng.below(4); left > 0; --left) {
    if (!subject.empty()) subject += '.';
    subject += "t" + std::to_string(rng.below(rng.below(4) == 0 ? 40 : 3));
  }
  return subject;
}

inline std::string randomPattern(Rng& rng) {
  std::string pattern;
  for (std::uint32_t left = 1 + rng.below(4); left > 0; --left) {
    if (!pattern.empty()) pattern += '.';
    const std::uint32_t kind = rng.below(8);
    if (kind == 0 && left == 1) {
      pattern += '>';
    } else if (kind <= 2) {
      pattern += '*';
    } else {
      pattern += "t" + std::to_string(rng.below(rng.below(4) == 0 ? 40 : 3));
    }
  }
  return pattern;
}

inline std::string randomQueue(Rng& rng) {
  return rng.below(2) == 0 ? "" : "q" + std::to_string(rng.below(3));
}

}  // namespace gannet::subject
