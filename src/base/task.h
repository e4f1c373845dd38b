#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace gannet {

// Something to run once, later, perhaps on another thread. Unlike std::function it may own what
// cannot be copied. Destroying it without a run destroys what it captured.
//
// Threads  One owner at a time. What it captured is destroyed wherever the task is.
// Cost     One allocation to make, none to move; a call is one indirect jump.
class Task {
 public:
  // Nothing: may be assigned to and asked, but not run.
  Task() = default;

  // NOLINTBEGIN(google-explicit-*,bugprone-forwarding-*): a lambda is passed where one is taken
  template <class F>

  requires(!std::is_same_v<std::decay_t<F>, Task>) Task(F&& f)
      : body_(std::make_unique<Body<std::decay_t<F>>>(std::forward<F>(f))) {}

  // NOLINTEND(google-explicit-*,bugprone-forwarding-*): and a Task is no lambda

  // Runs it, once. There must be something to run.
  void operator()() { body_->run(); }

  explicit operator bool() const { return body_ != nullptr; }

 private:
  // What to run, with its type forgotten.
  struct Base {
    Base() = default;
    Base(const Base&) = delete;
    Base& operator=(const Base&) = delete;
    virtual ~Base() = default;
    virtual void run() = 0;
  };

  template <class F>
  struct Body final : Base {
    explicit Body(const F& given) : f(given) {}

    explicit Body(F&& given) : f(std::move(given)) {}

    void run() override { f(); }

    F f;
  };

  std::unique_ptr<Base> body_;
};

}  // namespace gannet
