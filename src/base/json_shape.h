#pragma once

#include "base/json/base64.h"

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

// A member that is written as its T would be, but left out when it is false, 0, "", without
// elements or without a value. It is read as a T.
template <class T>
struct Omit {
  T value{};  // the empty one by default

  // Whatever a T can be assigned from; what is read stands behind `*`.
  // NOLINTBEGIN(misc-unconventional-assign-operator): it takes what the value takes
  template <class U>

  requires std::is_assignable_v<T&, U&&> Omit& operator=(U&& other) {
    value = std::forward<U>(other);
    return *this;
  }

  // NOLINTEND(misc-unconventional-assign-operator): end

  // The T itself, empty or not: unlike std::optional's, these never fail.
  T& operator*() { return value; }

  const T& operator*() const { return value; }

  T* operator->() { return &value; }

  const T* operator->() const { return &value; }

  friend bool operator==(const Omit&, const Omit&) = default;
};

// A struct with BOOST_DESCRIBE_STRUCT: an object on the wire.
template <class T>
concept Described = boost::describe::has_describe_members<T>::value;

// An enum with BOOST_DESCRIBE_ENUM: a string on the wire.
template <class T>
concept DescribedEnum = boost::describe::has_describe_enumerators<T>::value;

// The wire name of a described enumerator or member.
// A view into `name`, which is a literal.
constexpr std::string_view wireName(std::string_view name) {
  return name.ends_with('_') ? name.substr(0, name.size() - 1) : name;
}

// What Omit leaves out. A described struct is never empty, as in Go: wrap it in std::optional.
template <class T>
bool isEmpty(const T& value) {
  if constexpr (requires { value.has_value(); }) {
    return !value.has_value();  // an optional that holds an empty value is not empty
  } else if constexpr (requires { value.empty(); }) {
    return value.empty();
  } else {
    static_assert(!Described<T>, "wrap it in std::optional");
    return value == T{};  // false, 0, WallTime{}, an enum's zero
  }
}

// Which of the wrappers below T is; none for scalars, strings and described types.
template <class T>
struct Shape {
  static constexpr bool is_omit = false;      // Omit: may be absent
  static constexpr bool is_optional = false;  // std::optional: may be null
  static constexpr bool is_vector = false;    // an array
  static constexpr bool is_map = false;       // an object with keys of its own
};

// One row a wrapper; a new one also needs a case in both walks of base/json/.
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

// A string on the wire, and no array.
template <>
struct Shape<Bytes> : Shape<void> {};

// Keys are strings, as JSON's are.
template <class T>
struct Shape<std::map<std::string, T>> : Shape<void> {
  static constexpr bool is_map = true;
};

// The members of T in wire order, those of its bases first: a list to walk with mp_for_each.
template <class T>
using Members = boost::describe::describe_members<T, boost::describe::mod_public |
                                                         boost::describe::mod_inherited>;

}  // namespace gannet::json
