#include "bench/topology.h"

#include "bench/token_counter.h"

#include <algorithm>

namespace gannet::bench {
namespace {

constexpr std::string_view kQueue = "bench";

// `index` in as many digits as the largest index of `count` has.
std::string padded(std::size_t index, std::size_t count) {
  std::string digits = std::to_string(index);
  const std::size_t width = std::to_string(count - 1).size();
  digits.insert(0, width - std::min(width, digits.size()), '0');
  return digits;
}

std::string sidOf(const Topology& topology, std::size_t subject) {
  return topology.subjects == 1 ? "1" : padded(subject, topology.subjects);
}

}  // namespace

Result<void, Error> validate(const Topology& topology) {
  if (topology.publishers == 0) return Error{"at least one publisher is needed"};
  if (topology.subjects == 0) return Error{"at least one subject is needed"};
  const std::size_t larger = std::max(topology.subscribers, topology.subjects);
  const std::size_t smaller = std::min(topology.subscribers, topology.subjects);
  if (smaller > 0 && larger % smaller != 0) {
    return Error{"of --subscribers and --subjects one must be a multiple of the other"};
  }
  return {};
}

std::string subjectName(const Topology& topology, std::size_t index) {
  if (topology.subjects == 1) return topology.subject;
  return topology.subject + "." + padded(index, topology.subjects);
}

std::string publishedName(const Topology& topology, std::size_t index) {
  std::string name = subjectName(topology, index);
  if (topology.last_token != LastToken::none) name += "." + std::string(TokenCounter().token());
  return name;
}

std::vector<std::size_t> subjectsOf(const Topology& topology, std::size_t index,
                                    std::size_t count) {
  if (topology.subjects <= count) return {index % topology.subjects};
  std::vector<std::size_t> subjects;
  for (std::size_t subject = index; subject < topology.subjects; subject += count) {
    subjects.push_back(subject);
  }
  return subjects;
}

std::string subscriptions(const Topology& topology, std::size_t subscriber) {
  std::string lines;
  for (const std::size_t subject : subjectsOf(topology, subscriber, topology.subscribers)) {
    std::string pattern = subjectName(topology, subject);
    if (topology.last_token != LastToken::none) pattern += ".*";
    lines += subscribeLine(pattern, topology.is_queue ? kQueue : "", sidOf(topology, subject));
  }
  return lines;
}

std::uint64_t deliveriesPerMessage(const Topology& topology) {
  if (topology.subscribers == 0) return 0;
  if (topology.is_queue) return 1;
  return std::max<std::uint64_t>(topology.subscribers / topology.subjects, 1);
}

std::size_t deliverySize(const Topology& topology) {
  return messageFrameSize(publishedName(topology, 0), sidOf(topology, 0), topology.size);
}

}  // namespace gannet::bench
