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

// Collects gauges in Prometheus text format. Their names are those of the exporter for nats-server:
// gnatsd_<endpoint>_<path of members>, so that its dashboards work without it. A snapshot's numbers
// are found by walking its description: a new member is a new metric. Spec: monitoring §21
class Metrics {
 public:
  explicit Metrics(std::string_view server_id);

  // One gauge; those of one name come one after the other. `labels` stand behind server_id:
  // `name="value"`, with label() for the values.
  void gauge(std::string_view name, double value, std::string_view labels = {});

  // Every number of a described struct; its strings and times where the exporter shows them.
  template <class T>
  void snapshot(std::string_view prefix, const T& object) {
    boost::mp11::mp_for_each<json::Members<T>>([&](auto member) {
      const std::string_view name = json::wireName(member.name);
      std::string path = std::string(prefix).append("_").append(name);
      if (!isSkipped(path)) value(path, name, object.*member.pointer);
    });
  }

  [[nodiscard]] std::string take() { return std::move(out_); }

  // name="value", escaped.
  [[nodiscard]] static std::string label(std::string_view name, std::string_view value);

 private:
  template <class T>
  void value(const std::string& path, std::string_view name, const T& what) {
    using json::Shape;
    if constexpr (std::is_same_v<T, bool>) {
      return;  // the exporter shows numbers only
    } else if constexpr (std::is_arithmetic_v<T>) {
      gauge(path, static_cast<double>(what));
    } else if constexpr (std::is_same_v<T, std::chrono::nanoseconds>) {
      gauge(path, static_cast<double>(what.count()));
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

  static bool isSkipped(std::string_view path);
  static std::string mapKey(std::string_view key);
  void text(std::string_view path, std::string_view name, const std::string& value);
  void time(std::string_view path, std::string_view name, WallTime value);

  std::string server_id_;  // as a label
  std::string last_name_;
  std::string out_;
};

}  // namespace gannet::monitor
