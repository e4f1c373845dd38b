#pragma once

#include "base/json.h"

#include <boost/mp11/algorithm.hpp>

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace gannet::monitor {

// Collects samples in Prometheus text format. Their names are those of the exporter for
// nats-server: gnatsd_<endpoint>_<path of members>, so that its dashboards work without it. A
// snapshot's numbers are found by walking its description: a new member is a new metric. A member
// whose name begins with gannet_ is a metric of that name.
//
// The exporter calls everything a gauge. What only grows while the server runs is a counter here:
// no query sees the difference, but the people who write queries do.
//
// Cost  One line of text a number; names and labels are copied into it.
// Spec  monitoring §21
class Metrics {
 public:
  // `server` becomes the label server_id of every sample: the server's name, by which the exporter
  // calls it too where it is told to (-use_internal_server_name). The name stays when the server
  // starts again; the id does not, and every series would begin anew with it.
  explicit Metrics(std::string_view server);

  // One sample; those of one name come one after the other. `labels` stand behind server_id:
  // `name="value"`, with label() for the values.
  void gauge(std::string_view name, double value, std::string_view labels = {});
  void counter(std::string_view name, double value, std::string_view labels = {});

  // Every number of a described struct; its strings and times where the exporter shows them.
  template <class T>
  void snapshot(std::string_view prefix, const T& object) {
    boost::mp11::mp_for_each<json::Members<T>>([&](auto member) {
      const std::string_view name = json::wireName(member.name);
      std::string path =
          name.starts_with(kOwn) ? std::string(name) : std::string(prefix).append("_").append(name);
      if (!isSkipped(path)) value(path, name, object.*member.pointer);
    });
  }

  // All lines so far; nothing may be added after it.
  [[nodiscard]] std::string take() { return std::move(out_); }

  // name="value", escaped.
  [[nodiscard]] static std::string label(std::string_view name, std::string_view value);

 private:
  static constexpr std::string_view kOwn = "gannet_";

  // Writes `what` as its type asks for: `path` is the metric's name, `name` its last part.
  template <class T>
  void value(const std::string& path, std::string_view name, const T& what) {
    using json::Shape;
    if constexpr (std::is_same_v<T, bool>) {
      return;  // the exporter shows numbers only
    } else if constexpr (std::is_arithmetic_v<T>) {
      number(path, static_cast<double>(what));
    } else if constexpr (std::is_same_v<T, std::chrono::nanoseconds>) {
      number(path, static_cast<double>(what.count()));
    } else if constexpr (std::is_same_v<T, WallTime>) {
      time(path, name, what);
    } else if constexpr (std::is_same_v<T, std::string>) {
      text(path, name, what);
    } else if constexpr (Shape<T>::is_omit) {
      if (!json::isEmpty(what.value)) value(path, name, what.value);
    } else if constexpr (Shape<T>::is_optional) {
      if (what.has_value()) value(path, name, *what);
    } else if constexpr (Shape<T>::is_map) {
      for (const auto& [key, each] : what)
        value(path + mapKey(key), key, each);
    } else if constexpr (json::Described<T>) {
      snapshot(path, what);
    }
  }

  void sample(std::string_view type, std::string_view name, double value, std::string_view labels);
  // As the type that the name stands for.
  void number(std::string_view path, double value);
  // True if the member only grows while the server runs.
  static bool isCounter(std::string_view path);
  // Members that the exporter leaves out, though they are numbers.
  static bool isSkipped(std::string_view path);
  // A map's key as a part of a metric's name, with a '_' in front.
  static std::string mapKey(std::string_view key);
  // The few strings that become metrics: 1 with the text as a label.
  void text(std::string_view path, std::string_view name, const std::string& value);
  // The few times that do: milliseconds since 1970.
  void time(std::string_view path, std::string_view name, WallTime value);

  std::string server_id_;  // as a label
  std::string last_name_;  // of the sample before: a new one is announced
  std::string out_;
};

}  // namespace gannet::monitor
