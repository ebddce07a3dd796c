// SPDX-License-Identifier: Apache-2.0
#pragma once

// The manager's log: one line an event, to standard error or to a file that is kept small.

#include <memory>
#include <string>
#include <string_view>

#include "ava/base/result.h"

namespace ava::control {

class Log {
 public:
  // Empty: standard error.
  static Result<Log> Open(const std::string& file);
  Log(Log&&) noexcept;
  Log& operator=(Log&&) noexcept;
  ~Log();

  void Info(std::string_view line) const;
  void Warn(std::string_view line) const;
  void Error(std::string_view line) const;

 private:
  struct State;
  explicit Log(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace ava::control
