// SPDX-License-Identifier: Apache-2.0
#pragma once

// The Error of a system call that failed: "bind('/run/ava/avad.sock'): Address already in use".

#include <cerrno>
#include <string>
#include <string_view>

#include "ava/base/result.h"
#include "ava/base/text.h"

namespace ava {

inline std::unexpected<Error> FailSystem(std::string_view call, std::string_view object,
                                         int error = errno) {
  std::string message(call);
  message += "('";
  message += object;
  message += "'): ";
  message += ErrnoText(error);
  return Fail(ErrorCode::kSystem, std::move(message));
}

}  // namespace ava
