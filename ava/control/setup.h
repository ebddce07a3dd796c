// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a manager needs before it can take its first guest, and in which order it gets it.

#include <functional>
#include <optional>
#include <span>
#include <string>

#include "ava/base/result.h"
#include "ava/base/unique_fd.h"
#include "ava/control/config.h"
#include "ava/control/keeper.h"
#include "ava/control/layout.h"
#include "ava/control/lock.h"
#include "ava/control/log.h"
#include "ava/control/user_pool.h"

namespace ava::control {

// Fills what the operator has left open.
void CompleteConfig(const Surroundings& surroundings, Config& config);

struct Prepared {
  Config config;
  std::string session_directory;
  Remains remains;
  ManagerLock lock;
  UniqueFd listener;
  std::optional<UserPool> users;  // when the manager is root
};

// Takes the lock, removes what a killed manager of this name left, makes directories, listens. From
// here on guests can connect; they wait until the manager runs. kUnavailable: another manager has
// this socket. `activated`: who started us has made config.socket (activation.h), keeps it open and
// removes its file, so that guests who come later start the next manager.
Result<Prepared> Prepare(Config config, const Surroundings& surroundings,
                         UniqueFd activated = UniqueFd());

// Keeper and manager, until the manager ends. The program's exit status.
int Serve(Prepared prepared, Log log, std::span<char> command_line);

}  // namespace ava::control
