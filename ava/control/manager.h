// SPDX-License-Identifier: Apache-2.0
#pragma once

// The manager: takes guests in, gives each a session, and forgets nothing that a session leaves
// behind.
//
//   listener ──▶ connection ──▶ '{': admin.h answers, as often as asked
//                          └──▶ Hello: admission.h decides, Session does the rest
//   SIGCHLD  ──▶ whose child was it? a session's worker, or somebody's orphan
//   keeper   ──▶ gone: end, and clean up in its stead (keeper.h)
//
// One thread (EventLoop), two queues for disk work. Identity is the socket's (SO_PEERCRED).

#include <memory>
#include <string>

#include "ava/base/unique_fd.h"
#include "ava/control/config.h"
#include "ava/control/log.h"
#include "ava/control/socket.h"
#include "ava/control/user_pool.h"

namespace ava::control {

inline constexpr const char* kVersion = "0.1.0";

class Manager {
 public:
  struct Setup {
    Config config;  // complete: every path is there
    std::string name;
    std::string session_directory;
    UniqueFd listener;
    bool own_socket = true;  // false: who started us keeps it open
    SocketFile socket_file;  // of our own
    UniqueFd keeper;         // readable when the keeper has died
    UserPool* users = nullptr;
    bool mounts = false;  // EnterOwnMounts has succeeded
  };

  Manager(Setup setup, const Log& log);
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;
  ~Manager();

  // Until it is told to end (a signal, `shutdown`, idle for long enough, its keeper's death). All
  // sessions have ended then, and their directories are gone.
  void Run();

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace ava::control
