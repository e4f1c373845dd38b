#pragma once

#include "base/clock.h"
#include "base/json/reader.h"
#include "base/json_shape.h"
#include "base/json_writer.h"
#include "base/result.h"

#include <boost/describe/enum_to_string.hpp>
#include <boost/mp11/algorithm.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

// JSON of described structs: BOOST_DESCRIBE_STRUCT names the members once, and reading, writing
// and the errors follow. Both directions follow Go's encoding/json, because its bytes are what
// clients and tools of the reference have learnt to expect.
//
//   struct or class, described   object; bases first, members in the order described
//   Omit<T>                      as T, but absent when it holds T's empty value
//   std::optional<T>             as T, or null
//   std::vector<T>               array
//   std::map<std::string, T>     object with sorted keys
//   enum, described              string: the enumerator's name
//   std::chrono::nanoseconds     integer
//   WallTime                     RFC 3339 string, UTC when written; WallTime{} is Go's zero time
//   bool, integers, floats, std::string as one expects
//
// A trailing '_' of an enumerator or member (a word that C++ keeps for itself) is not on the wire.
namespace gannet::json {

template <class T>
void writeValue(Writer& writer, const T& value);

template <class T>
void readValue(Reader& reader, T& value);

template <Described T>
void writeMembers(Writer& writer, const T& object) {
  writer.open('{');
  boost::mp11::mp_for_each<Members<T>>([&](auto member) {
    const auto& value = object.*member.pointer;
    if constexpr (Shape<std::remove_cvref_t<decltype(value)>>::is_omit) {
      if (isEmpty(value.value)) return;
    }
    writer.key(wireName(member.name));
    writeValue(writer, value);
  });
  writer.close('}');
}

template <class T>
void writeList(Writer& writer, const T& list) {
  writer.open('[');
  for (const typename T::value_type& value : list) {
    writer.element();
    writeValue(writer, value);
  }
  writer.close(']');
}

template <class T>
void writeMap(Writer& writer, const T& map) {
  writer.open('{');
  for (const auto& [key, value] : map) {
    writer.key(key);
    writeValue(writer, value);
  }
  writer.close('}');
}

template <class T>
void writeValue(Writer& writer, const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    writer.boolean(value);
  } else if constexpr (DescribedEnum<T>) {
    writer.text(wireName(boost::describe::enum_to_string(value, "")));
  } else if constexpr (std::is_integral_v<T>) {
    using Wide = std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>;
    writer.integer(Wide{value});
  } else if constexpr (std::is_floating_point_v<T>) {
    writer.number(value);
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    writer.text(value);
  } else if constexpr (std::is_same_v<T, std::chrono::nanoseconds>) {
    writer.integer(std::int64_t{value.count()});
  } else if constexpr (std::is_same_v<T, WallTime>) {
    writer.time(value);
  } else if constexpr (Shape<T>::is_omit) {
    writeValue(writer, value.value);
  } else if constexpr (Shape<T>::is_optional) {
    if (value.has_value()) {
      writeValue(writer, *value);
    } else {
      writer.null();
    }
  } else if constexpr (Shape<T>::is_vector) {
    writeList(writer, value);
  } else if constexpr (Shape<T>::is_map) {
    writeMap(writer, value);
  } else {
    writeMembers(writer, value);
  }
}

template <class T, class Member>
void readMember(Reader& reader, void* object) {
  readValue(reader, static_cast<T*>(object)->*Member::pointer);
}

template <class T, template <class...> class List, class... Member>
constexpr std::array<Field, sizeof...(Member)> makeFields(List<Member...> /*members*/) {
  return {Field{wireName(Member::name), &readMember<T, Member>}...};
}

template <class T>
void readInteger(Reader& reader, T& value) {
  using Limits = std::numeric_limits<T>;
  if constexpr (std::is_signed_v<T>) {
    std::int64_t wide = value;
    reader.integer(wide, Limits::min(), Limits::max());
    value = static_cast<T>(wide);
  } else {
    std::uint64_t wide = value;
    reader.integer(wide, Limits::max());
    value = static_cast<T>(wide);
  }
}

template <class T>
void readEnum(Reader& reader, T& value) {
  std::string name;
  reader.text(name);
  bool known = name.empty() && reader.failed();
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto enumerator) {
    if (known || wireName(enumerator.name) != name) return;
    value = enumerator.value;
    known = true;
  });
  if (!known) reader.expected("one of its names");
}

template <class T>
void readElement(Reader& reader, void* vector) {
  T element{};
  readValue(reader, element);
  static_cast<std::vector<T>*>(vector)->push_back(std::move(element));
}

template <class T>
void readEntry(Reader& reader, std::string&& key, void* map) {
  T value{};
  readValue(reader, value);
  static_cast<std::map<std::string, T>*>(map)->insert_or_assign(std::move(key), std::move(value));
}

template <class T>
void readOptional(Reader& reader, std::optional<T>& value) {
  if (!value.has_value()) value.emplace();
  readValue(reader, *value);
}

// The kinds of value that null empties.
template <class T>
void readContainer(Reader& reader, T& value) {
  if (reader.null()) {
    value = T{};
  } else if constexpr (Shape<T>::is_optional) {
    readOptional(reader, value);
  } else if constexpr (Shape<T>::is_vector) {
    value.clear();
    reader.array(&readElement<typename T::value_type>, &value);
  } else {
    reader.map(&readEntry<typename T::mapped_type>, &value);
  }
}

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
    double wide = value;
    reader.number(wide);
    value = static_cast<T>(wide);
  } else if constexpr (std::is_same_v<T, std::string>) {
    reader.text(value);
  } else if constexpr (std::is_same_v<T, std::chrono::nanoseconds>) {
    std::int64_t count = value.count();
    readInteger(reader, count);
    value = T{count};
  } else if constexpr (std::is_same_v<T, WallTime>) {
    reader.time(value);
  } else {
    static constexpr auto kFields = makeFields<T>(Members<T>{});
    reader.object(kFields, &value);
  }
}

// Appends `value` to `out`.
template <class T>
void writeTo(std::string& out, const T& value, Style style = Style::compact) {
  Writer writer(out, style);
  writeValue(writer, value);
}

template <class T>
[[nodiscard]] std::string write(const T& value, Style style = Style::compact) {
  std::string out;
  writeTo(out, value, style);
  return out;
}

// Decodes `text` on top of `into`: what it does not mention keeps its value, as does what it gives
// as null (an optional, vector or map becomes empty instead); a map's new keys join the old ones;
// a vector is replaced. Of a key given twice the last one holds.
//
// Errors  Name the field: `field "limits.max": expected an integer`. `into` may then be changed in
//         part.
template <class T>
[[nodiscard]] Result<void, Error> read(std::string_view text, T& into,
                                       const ReadOptions& options = {}) {
  Reader reader(text, options);
  readValue(reader, into);
  return reader.finish();
}

}  // namespace gannet::json
