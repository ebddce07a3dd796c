// SPDX-License-Identifier: Apache-2.0
#pragma once

// `ava run` needs a manager: the one that runs, or one that it starts.

#include <string>
#include <vector>

#include "ava/base/result.h"
#include "ava/control/client.h"

namespace ava::control {

struct StarterOptions {
  std::string socket;
  std::string program;                 // avad
  std::vector<std::string> arguments;  // besides --socket
};

// Connected to a manager that has answered. Of many who do this at once, one starts it and all find
// it.
Result<AdminClient> EnsureManager(const StarterOptions& options);

// avad's exit status when another manager has its socket.
inline constexpr int kExitAlreadyRunning = 3;

}  // namespace ava::control
