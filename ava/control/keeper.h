// SPDX-License-Identifier: Apache-2.0
#pragma once

// A manager is two processes: the keeper, which does nothing, and its child, which does everything.
//
// Whichever of them is killed, the other notices, kills what workers are left, removes the socket
// and the directories, and ends. The keeper is the parent and adopts orphans, so that every worker
// becomes its child at the moment when the manager dies: what it has to kill, it finds. Only if
// both are killed at once do files stay, until the next manager of that name starts (Prepare in
// setup.h removes them); workers die even then, by themselves.

#include <functional>
#include <span>
#include <string>

#include "ava/base/unique_fd.h"
#include "ava/control/lock.h"
#include "ava/control/log.h"
#include "ava/control/socket.h"

namespace ava::control {

// What must not be left.
struct Remains {
  std::string socket;  // empty: somebody else's
  SocketFile socket_file;
  std::string runtime_directory;  // the base, removed when it is empty
  std::string manager_directory;  // removed with all below
  std::string cache_directory;    // of which the views of this name are removed
  std::string name;
};

// Kills this process's children and theirs, then removes everything, the lock's file last.
void CleanUp(const Remains& remains, const ManagerLock& lock, const Log& log);

struct Keeping {
  Remains remains;
  const ManagerLock& lock;
  const Log& log;
  UniqueFd& listener;            // closed in the keeper
  std::span<char> command_line;  // of this process: overwritten, so that `pkill -f avad` finds the
                                 // manager alone
};

// Forks. In the child: runs `manager`, whose argument becomes readable when the keeper is gone. In
// the parent: keeps. Returns the program's exit status, in both.
int RunKept(const Keeping& keeping, const std::function<void(UniqueFd keeper)>& manager);

}  // namespace ava::control
