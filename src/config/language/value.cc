#include "config/language/value.h"

#include <fmt/format.h>

namespace gannet::config {
namespace {

struct TypeName {
  std::string_view operator()(const std::string& /*value*/) const { return "string"; }

  std::string_view operator()(std::int64_t /*value*/) const { return "int64"; }

  std::string_view operator()(double /*value*/) const { return "float64"; }

  std::string_view operator()(bool /*value*/) const { return "bool"; }

  std::string_view operator()(const Datetime& /*value*/) const { return "time.Time"; }

  std::string_view operator()(const Array& /*value*/) const { return "[]interface {}"; }

  std::string_view operator()(const Map& /*value*/) const { return "map[string]interface {}"; }
};

struct Display {
  std::string operator()(const std::string& value) const { return value; }

  std::string operator()(std::int64_t value) const { return std::to_string(value); }

  std::string operator()(double value) const { return fmt::format("{}", value); }

  std::string operator()(bool value) const { return value ? "true" : "false"; }

  std::string operator()(const Datetime& value) const { return value.text; }

  std::string operator()(const Array& values) const {
    std::string out = "[";
    for (const Value& value : values) {
      if (out.size() > 1) out += ' ';
      out += display(value);
    }
    return out + "]";
  }

  std::string operator()(const Map& map) const {
    std::string out = "map[";
    for (const auto& [key, entry] : map) {
      if (out.size() > 4) out += ' ';
      out += key + ":" + display(entry.value);
    }
    return out + "]";
  }
};

}  // namespace

std::string_view typeName(const Value& value) {
  return std::visit(TypeName{}, value.data);
}

std::string display(const Value& value) {
  return std::visit(Display{}, value.data);
}

std::size_t countValues(const Value& value) {
  std::size_t count = 1;
  if (const auto* array = value.as<Array>()) {
    for (const Value& element : *array)
      count += countValues(element);
  } else if (const auto* map = value.as<Map>()) {
    for (const auto& [key, entry] : *map)
      count += countValues(entry.value);
  }
  return count;
}

}  // namespace gannet::config
