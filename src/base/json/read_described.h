#pragma once

#include "base/json/reader.h"
#include "base/json_shape.h"

#include <boost/mp11/algorithm.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// The walk that reads: a part of base/json.h, which says what becomes of which type and is what
// others include.
//
// What depends on types is small on purpose. The Reader walks objects, maps and arrays and calls
// back, through plain function pointers, for each value it meets: so the scanner is compiled once
// for all types, and what is generated for a type is little more than a table of its members.
//
// Errors  Stick in the Reader: no function here asks for them, the caller does, once.
// Null    Empties what can be empty and leaves anything else as it was, as in Go.
namespace gannet::json {

// One value of any kind, on top of what `value` holds.
template <class T>
void readValue(Reader& reader, T& value);

// Reads one member of the T at `object`: what a Field points at.
template <class T, class Member>
void readMember(Reader& reader, void* object) {
  readValue(reader, static_cast<T*>(object)->*Member::pointer);
}

// The members of T by their names on the wire, in the order of the description.
template <class T, template <class...> class List, class... Member>
constexpr std::array<Field, sizeof...(Member)> makeFields(List<Member...> /*members*/) {
  return {Field{wireName(Member::name), &readMember<T, Member>}...};
}

// An integer within the bounds of its type; beyond them it is an error and not cut off.
template <class T>
void readInteger(Reader& reader, T& value) {
  using Limits = std::numeric_limits<T>;
  if constexpr (std::is_signed_v<T>) {
    std::int64_t wide = value;  // which stays where there is no integer
    reader.integer(wide, Limits::min(), Limits::max());
    value = static_cast<T>(wide);
  } else {
    std::uint64_t wide = value;  // likewise
    reader.integer(wide, Limits::max());
    value = static_cast<T>(wide);
  }
}

// An enumerator by its name, letter by letter; a name that is none of them is an error.
template <class T>
void readEnum(Reader& reader, T& value) {
  std::string name;
  reader.text(name);
  bool known = name.empty() && reader.failed();  // then the first error stands
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto enumerator) {
    // Few names and short ones: a search from the start is fast enough.
    if (known || wireName(enumerator.name) != name) return;
    value = enumerator.value;
    known = true;
  });
  if (!known) reader.expected("one of its names");
}

// Reads one element on to the end of a vector.
template <class T>
void readElement(Reader& reader, void* vector) {
  T element{};
  readValue(reader, element);
  static_cast<std::vector<T>*>(vector)->push_back(std::move(element));
}

// Reads one value into a map; one of the same key goes, and is not read on top of.
template <class T>
void readEntry(Reader& reader, std::string&& key, void* map) {
  T value{};
  readValue(reader, value);
  static_cast<std::map<std::string, T>*>(map)->insert_or_assign(std::move(key), std::move(value));
}

// Reads on top of what is there, or of an empty T.
template <class T>
void readOptional(Reader& reader, std::optional<T>& value) {
  if (!value.has_value()) value.emplace();
  readValue(reader, *value);
}

// The kinds of value that null empties.
template <class T>
void readContainer(Reader& reader, T& value) {
  if (reader.null()) {
    value = T{};  // nullopt, [] or {}
  } else if constexpr (Shape<T>::is_optional) {
    readOptional(reader, value);
  } else if constexpr (Shape<T>::is_vector) {
    value.clear();  // an array replaces what was there,
    reader.array(&readElement<typename T::value_type>, &value);
  } else {
    reader.map(&readEntry<typename T::mapped_type>, &value);  // a map joins it
  }
}

// The order of the questions matters: null comes before all kinds that it leaves alone, and bool
// before the integral types, of which it is one.
template <class T>
void readValue(Reader& reader, T& value) {
  if constexpr (Shape<T>::is_omit) {
    readValue(reader, value.value);
  } else if constexpr (Shape<T>::is_optional || Shape<T>::is_vector || Shape<T>::is_map) {
    readContainer(reader, value);
  } else if (reader.null()) {
    return;  // leaves a scalar or struct as it was
  } else if constexpr (std::is_same_v<T, bool>) {
    reader.boolean(value);
  } else if constexpr (DescribedEnum<T>) {
    readEnum(reader, value);
  } else if constexpr (std::is_integral_v<T>) {
    readInteger(reader, value);
  } else if constexpr (std::is_floating_point_v<T>) {
    double wide = value;  // likewise
    reader.number(wide);
    value = static_cast<T>(wide);
  } else if constexpr (std::is_same_v<T, std::string>) {
    reader.text(value);  // what is no UTF-8 becomes U+FFFD
  } else if constexpr (std::is_same_v<T, std::chrono::nanoseconds>) {
    std::int64_t count = value.count();
    readInteger(reader, count);  // as Go's time.Duration
    value = T{count};
  } else if constexpr (std::is_same_v<T, WallTime>) {
    reader.time(value);  // RFC 3339, in any zone
  } else {
    static constexpr auto kFields = makeFields<T>(Members<T>{});  // one table a type
    reader.object(kFields, &value);  // members not mentioned stay as they are
  }
}

}  // namespace gannet::json
