// SPDX-License-Identifier: Apache-2.0
#pragma once

// A system call that failed, as an Error: `bind('/run/ava/avad.sock'): Address already in use`.

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>

#include "ava/base/result.h"

namespace ava {

inline Error SystemError(std::string_view call, std::string_view object, int error = errno) {
  const char* text = strerrordesc_np(error);  // unlike strerror, safe in any thread
  std::string message(call);
  message.append("('").append(object).append("'): ");
  message.append(text == nullptr ? "unknown error " + std::to_string(error) : std::string(text));
  return Error(ErrorCode::kSystem, std::move(message));
}

inline std::unexpected<Error> FailSystem(std::string_view call, std::string_view object,
                                         int error = errno) {
  return std::unexpected(SystemError(call, object, error));
}

}  // namespace ava
