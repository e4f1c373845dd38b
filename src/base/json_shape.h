#pragma once

#include <boost/describe/enumerators.hpp>
#include <boost/describe/members.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

// What kinds of value the walks of base/json.h tell apart.
namespace gannet::json {

// A member that is left out when it is false, 0, "", without elements or without a value.
template <class T>
struct Omit {
  T value{};

  template <class U>

  requires std::is_assignable_v<T&, U&&> Omit& operator=(U&& other) {
    value = std::forward<U>(other);
    return *this;
  }

  T& operator*() { return value; }

  const T& operator*() const { return value; }

  T* operator->() { return &value; }

  const T* operator->() const { return &value; }

  friend bool operator==(const Omit&, const Omit&) = default;
};

template <class T>
concept Described = boost::describe::has_describe_members<T>::value;

template <class T>
concept DescribedEnum = boost::describe::has_describe_enumerators<T>::value;

// The wire name of a described enumerator or member.
constexpr std::string_view wireName(std::string_view name) {
  return name.ends_with('_') ? name.substr(0, name.size() - 1) : name;
}

// What Omit leaves out. A described struct is never empty, as in Go: wrap it in std::optional.
template <class T>
bool isEmpty(const T& value) {
  if constexpr (requires { value.has_value(); }) {
    return !value.has_value();
  } else if constexpr (requires { value.empty(); }) {
    return value.empty();
  } else {
    static_assert(!Described<T>, "wrap it in std::optional");
    return value == T{};
  }
}

template <class T>
struct Shape {  // what a template name wraps
  static constexpr bool is_omit = false;
  static constexpr bool is_optional = false;
  static constexpr bool is_vector = false;
  static constexpr bool is_map = false;
};

template <class T>
struct Shape<Omit<T>> : Shape<void> {
  static constexpr bool is_omit = true;
};

template <class T>
struct Shape<std::optional<T>> : Shape<void> {
  static constexpr bool is_optional = true;
};

template <class T>
struct Shape<std::vector<T>> : Shape<void> {
  static constexpr bool is_vector = true;
};

template <class T>
struct Shape<std::map<std::string, T>> : Shape<void> {
  static constexpr bool is_map = true;
};

template <class T>
using Members = boost::describe::describe_members<T, boost::describe::mod_public |
                                                         boost::describe::mod_inherited>;

}  // namespace gannet::json
