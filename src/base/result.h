#pragma once

#include <boost/system/result.hpp>

#include <string>
#include <type_traits>
#include <utility>

namespace gannet {

// A value, or the error that stands in its place. E is the smallest type on which the caller's
// reaction depends: an enum where code decides, Error where only a person reads it.
template <class T, class E>
class [[nodiscard]] Result : public boost::system::result<T, E> {
 public:
  using boost::system::result<T, E>::result;

  // A value from which an error could be made too, as a string: the base refuses to guess.
  template <class U>

  requires(std::is_same_v<U, T>&& std::is_constructible_v<E, U>)
      Result(U value)  // NOLINT(google-explicit-constructor): `return text;` is the point
      : boost::system::result<T, E>(boost::system::in_place_value, std::move(value)) {}
};

// An error for people: one sentence, without a trailing period or newline.
struct Error {
  std::string text;

  friend bool operator==(const Error&, const Error&) = default;
};

// Called by value() on a Result that holds an error: a bug of ours, so it ends the process.
// NOLINTNEXTLINE(readability-identifier-naming): Boost looks for this name
[[noreturn]] void throw_exception_from_error(const Error& error,
                                             const boost::source_location& location);

}  // namespace gannet
