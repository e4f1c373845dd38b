#pragma once

#include "base/json/reader.h"
#include "base/json/time.h"
#include "base/json_shape.h"

#include <boost/mp11/algorithm.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>

// The tables that tell the reader about a type: a part of base/json.h, which says what becomes of
// which type and is what others include.
//
// What depends on types is small on purpose. The parser is compiled once for all of them and asks a
// Type, through plain function pointers, for each value it meets: what is generated for a type is
// its table and a few functions of some lines. Types may hold themselves, in vectors and maps.
//
// Errors  A function that cannot take a value says so; the reader then names the field.
// Null    Empties what can be empty and leaves anything else as it was, as in Go.
namespace gannet::json {

// The table of T, which is the same object wherever it is asked for.
template <class T>
constexpr Type makeType();

template <class T>
inline constexpr Type kType = makeType<T>();

// The place of `value`; of an Omit, that of what it holds: both are read alike.
template <class T>
Slot slotOf(T& value) {
  if constexpr (Shape<T>::is_omit) {
    return slotOf(value.value);
  } else {
    return {&kType<T>, &value};
  }
}

// The members of T by their names on the wire, in the order of the description.
template <class T, template <class...> class List, class... Member>
constexpr std::array<Field, sizeof...(Member)> makeFields(List<Member...> /*members*/) {
  return {Field{wireName(Member::name),
                [](void* object) { return slotOf(static_cast<T*>(object)->*Member::pointer); }}...};
}

// A table of its own, so that a Type can point at it.
template <class T>
inline constexpr auto kFields = makeFields<T>(Members<T>{});

// A number within the bounds of its type; beyond them it is an error and not cut off. An integer
// takes no 1.0 and no 1e0, as in Go.
template <class T>
bool takeNumber(T& value, const Scalar& given) {
  return std::visit(
      [&value](auto number) {
        using Given = decltype(number);
        constexpr bool is_number = std::is_arithmetic_v<Given> && !std::is_same_v<Given, bool>;
        if constexpr (is_number && std::is_floating_point_v<T>) {
          value = static_cast<T>(number);
          return std::isfinite(value);  // 1e999 is none
        } else if constexpr (is_number && std::is_integral_v<Given>) {
          value = static_cast<T>(number);
          return std::in_range<T>(number);  // of the number, not of what it became
        } else {
          return false;
        }
      },
      given);
}

// An enumerator by its name, letter by letter; a name that is none of them is an error.
template <class T>
bool takeEnum(T& value, std::string_view name) {
  bool is_known = false;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto enumerator) {
    // Few names and short ones: a search from the start is fast enough.
    if (is_known || wireName(enumerator.name) != name) return;
    value = enumerator.value;
    is_known = true;
  });
  return is_known;
}

// False where `given` is no T; what is in `value` then does not matter. The order of the questions
// does: bool is an arithmetic type too, and what follows after the numbers is made of text.
template <class T>
bool takeScalar(T& value, const Scalar& given) {
  const auto* const text = std::get_if<std::string_view>(&given);
  if constexpr (std::is_same_v<T, bool>) {
    // 0 and "true" are none, as in Go
    const bool* const flag = std::get_if<bool>(&given);
    if (flag != nullptr) value = *flag;
    return flag != nullptr;
  } else if constexpr (std::is_arithmetic_v<T>) {
    return takeNumber(value, given);  // std::int8_t too is no character
  } else if constexpr (std::is_same_v<T, std::chrono::nanoseconds>) {
    std::int64_t count = 0;
    const bool is_taken = takeNumber(count, given);  // as Go's time.Duration
    value = T{count};
    return is_taken;
  } else if (text == nullptr) {
    return false;
  } else if constexpr (DescribedEnum<T>) {
    return takeEnum(value, *text);  // its names are those of the wire
  } else if constexpr (std::is_same_v<T, WallTime>) {
    const auto time = parseTime(*text);  // RFC 3339, in any zone
    value = time.value_or(WallTime{});
    return time.has_value();
  } else if constexpr (std::is_same_v<T, Bytes>) {
    auto bytes = parseBase64(*text);  // with padding
    if (bytes) value = std::move(*bytes);
    return bytes.has_value();
  } else {
    value = *text;  // into the room that a string has already
    return true;
  }
}

// What Go calls a T that a Scalar gives, where it has such a type: errors show it.
template <class T>
constexpr std::string_view scalarName() {
  if constexpr (std::is_same_v<T, bool>) {
    return "bool";
  } else if constexpr (std::is_floating_point_v<T>) {
    return "float64";  // a float too
  } else if constexpr (std::is_integral_v<T>) {
    // By width: 1, 2, 4 or 8 bytes. Signed ones have no u.
    constexpr std::string_view kNames[] = {"uint8", "uint16", "uint32", "uint64"};
    return kNames[std::min<std::size_t>(sizeof(T) / 2, 3)].substr(std::is_signed_v<T> ? 1 : 0);
  } else if constexpr (DescribedEnum<T>) {
    return "enum";  // a string with methods to Go
  } else if constexpr (std::is_same_v<T, std::chrono::nanoseconds>) {
    return "time.Duration";
  } else if constexpr (std::is_same_v<T, WallTime>) {
    return "time.Time";
  } else if constexpr (std::is_same_v<T, Bytes>) {
    return "[]uint8";  // which is how Go prints []byte
  } else {
    return "string";
  }
}

// The empty T, whatever was there.
template <class T>
void clear(void* value) {
  *static_cast<T*>(value) = T{};
}

// An optional is read on top of what is there, or of an empty T.
template <class T>
Slot openOptional(void* value) {
  auto& optional = *static_cast<T*>(value);
  return slotOf(optional.has_value() ? *optional : optional.emplace());
}

// One element more, at the end. Its place holds until the next one is added.
template <class T>
Slot addElement(void* value, std::string_view /*key*/) {
  static_assert(!std::is_same_v<typename T::value_type, bool>, "its elements have no place");
  return slotOf(static_cast<T*>(value)->emplace_back());
}

// The value of `key`, empty: one of the same key goes, and is not read on top of.
template <class T>
Slot addEntry(void* value, std::string_view key) {
  auto& entry = (*static_cast<T*>(value))[std::string(key)];
  entry = {};
  return slotOf(entry);
}

// takeScalar for the table, which knows no T.
template <class T>
bool takeAt(void* value, const Scalar& given) {
  return takeScalar(*static_cast<T*>(value), given);
}

// What no question fits is a scalar: a type that is none, and not described, does not compile.
template <class T>
constexpr Type makeType() {
  if constexpr (Shape<T>::is_optional) {
    // Null empties it; whatever else comes is asked of what it holds.
    return {.name = "optional", .clear = clear<T>, .open = openOptional<T>};
  } else if constexpr (Shape<T>::is_vector) {
    // Emptied before its first element, so that what is read replaces what was there.
    return {.name = "array", .clear = clear<T>, .add = addElement<T>, .bracket = '['};
  } else if constexpr (Shape<T>::is_map) {
    // New keys join the old ones.
    return {.name = "map", .clear = clear<T>, .add = addEntry<T>, .bracket = '{'};
  } else if constexpr (std::is_same_v<T, Bytes>) {
    return {.name = scalarName<T>(), .clear = clear<T>, .take = takeAt<T>};
  } else if constexpr (Described<T>) {
    // Null changes nothing.
    return {.name = "object", .fields = kFields<T>, .bracket = '{'};
  } else {
    return {.name = scalarName<T>(), .take = takeAt<T>};
  }
}

}  // namespace gannet::json
