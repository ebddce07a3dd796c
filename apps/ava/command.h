// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the subcommands of `ava` share.

#include <string>
#include <string_view>

#include "ava/base/result.h"
#include "ava/control/layout.h"

namespace ava::cli {

// As env, timeout and nohup do: these are ava's own, everything else is the program's.
inline constexpr int kExitFailed = 125;
inline constexpr int kExitNotExecutable = 126;
inline constexpr int kExitNotFound = 127;
inline constexpr int kExitMisuse = 2;

struct Context {
  control::Surroundings surroundings;
  std::string socket;  // of the manager
};

// `wanted` (--socket), else AVA_URL, else the system's manager if it answers, else the user's own.
Result<std::string> ChooseSocket(const std::string& wanted,
                                 const control::Surroundings& surroundings);

// "ava run: text" on standard error. Returns kExitFailed.
int Complain(std::string_view command, std::string_view text);
int Complain(std::string_view command, const Error& error);

}  // namespace ava::cli
