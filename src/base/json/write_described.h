#pragma once

#include "base/clock.h"
#include "base/json_shape.h"
#include "base/json_writer.h"

#include <boost/describe/enum_to_string.hpp>
#include <boost/mp11/algorithm.hpp>

#include <chrono>
#include <cstdint>
#include <string_view>
#include <type_traits>

// The walk that writes: a part of base/json.h, which says what becomes of which type and is what
// others include. One function for each kind of value, chosen by its type when it is compiled.
//
// The order of the wire is that of BOOST_DESCRIBE_STRUCT, bases first: a member that the
// description forgets is not on the wire, and its struct's test says so.
//
// Errors  None: every value has a form, if need be null (a number that is none) or U+FFFD.
// Cost    Nothing is allocated but the Writer's string. One copy of the code for each type.
namespace gannet::json {

// One value of any kind; the others call it for what they hold.
template <class T>
void writeValue(Writer& writer, const T& value);

// An object. An empty Omit leaves no trace, neither key nor comma.
template <Described T>
void writeMembers(Writer& writer, const T& object) {
  writer.open('{');
  boost::mp11::mp_for_each<Members<T>>([&](auto member) {
    const auto& value = object.*member.pointer;
    if constexpr (Shape<std::remove_cvref_t<decltype(value)>>::is_omit) {
      if (isEmpty(value.value)) return;  // before its key
    }
    writer.key(wireName(member.name));
    writeValue(writer, value);
  });
  writer.close('}');
}

// An array. Named by value_type, so that the proxies of std::vector<bool> become booleans.
template <class T>
void writeList(Writer& writer, const T& list) {
  writer.open('[');  // an empty one too: [] and null are not the same to clients
  for (const typename T::value_type& value : list) {
    writer.element();
    writeValue(writer, value);
  }
  writer.close(']');
}

// An object with the map's keys. std::map has them in the order of their bytes, which is Go's.
template <class T>
void writeMap(Writer& writer, const T& map) {
  writer.open('{');
  for (const auto& [key, value] : map) {
    writer.key(key);
    writeValue(writer, value);
  }
  writer.close('}');
}

// The order of the questions matters: bool is an integral type too, and the enums of ours convert
// to no number. What no question fits must be described, or does not compile.
template <class T>
void writeValue(Writer& writer, const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    writer.boolean(value);
  } else if constexpr (DescribedEnum<T>) {
    writer.text(wireName(boost::describe::enum_to_string(value, "")));
  } else if constexpr (std::is_integral_v<T>) {
    // Two widths do for all: std::int8_t is a number here and no character.
    using Wide = std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>;
    writer.integer(Wide{value});
  } else if constexpr (std::is_floating_point_v<T>) {
    writer.number(value);  // the shortest form that reads back
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    writer.text(value);  // escaped as Go does: <, > and & too
  } else if constexpr (std::is_same_v<T, std::chrono::nanoseconds>) {
    writer.integer(std::int64_t{value.count()});  // as Go's time.Duration
  } else if constexpr (std::is_same_v<T, WallTime>) {
    writer.time(value);  // in UTC, as RFC 3339
  } else if constexpr (std::is_same_v<T, Bytes>) {
    writer.base64(value);
  } else if constexpr (Shape<T>::is_omit) {
    writeValue(writer, value.value);  // only a member can be left out
  } else if constexpr (Shape<T>::is_optional) {
    if (value.has_value()) {
      writeValue(writer, *value);
    } else {
      writer.null();  // nothing else is ever null, but a float that is no number
    }
  } else if constexpr (Shape<T>::is_vector) {
    writeList(writer, value);
  } else if constexpr (Shape<T>::is_map) {
    writeMap(writer, value);  // an empty one is {}
  } else {
    writeMembers(writer, value);  // a struct or class, by its description
  }
}

}  // namespace gannet::json
