// SPDX-License-Identifier: Apache-2.0
#pragma once

// Expected failure. What a caller can do decides the code; the text says what happened to what, and
// the remedy.

#include <expected>
#include <memory>
#include <string>
#include <utility>

namespace ava {

enum class ErrorCode {
  kInvalid,      // the caller's input is wrong: fix it
  kUnavailable,  // not there now: reconnect or start it
  kExhausted,    // a limit was reached: back off
  kViolation,    // the peer broke the protocol: drop the session
  kSystem,       // the operating system refused: the text names call, object and errno
};

class Error {
 public:
  Error(ErrorCode code, std::string message)
      : state_(std::make_unique<State>(State{code, std::move(message)})) {}
  ErrorCode code() const { return state_->code; }
  const std::string& message() const { return state_->message; }

 private:
  struct State {
    ErrorCode code;
    std::string message;
  };
  std::unique_ptr<State> state_;
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> Fail(ErrorCode code, std::string message) {
  return std::unexpected(Error(code, std::move(message)));
}

}  // namespace ava

// Evaluates a Result<T>; on failure returns its error from the enclosing function, else yields the
// value.
#define AVA_TRY(expression)                                                                     \
  __extension__({                                                                               \
    auto ava_try_result = (expression);                                                         \
    if (!ava_try_result.has_value()) return std::unexpected(std::move(ava_try_result).error()); \
    *std::move(ava_try_result);                                                                 \
  })
