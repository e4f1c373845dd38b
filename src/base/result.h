#pragma once

#include <string>

#include <boost/system/result.hpp>

namespace gannet {

// A value, or the error that stands in its place. E is the smallest type on which the caller's
// reaction depends: an enum where code decides, Error where only a person reads it.
template <class T, class E>
class [[nodiscard]] Result : public boost::system::result<T, E> {
 public:
  using boost::system::result<T, E>::result;
};

// An error for people: one sentence, without a trailing period or newline.
struct Error {
  std::string text;

  friend bool operator==(const Error&, const Error&) = default;
};

// Called by value() on a Result that holds an error: a bug of ours, so it ends the process.
[[noreturn]] void throw_exception_from_error(const Error& error,
                                             const boost::source_location& location);

}  // namespace gannet
