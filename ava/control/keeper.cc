// SPDX-License-Identifier: Apache-2.0
#include "ava/control/keeper.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "ava/base/format.h"
#include "ava/base/system_error.h"
#include "ava/control/directories.h"
#include "ava/control/kernel_cache.h"
#include "ava/control/processes.h"
#include "ava/control/socket.h"

namespace ava::control {
namespace {

constexpr int kKillMs = 10'000;
constexpr std::string_view kKeeperName = "ava-keeper";

void Rename(std::span<char> command_line) {
  prctl(PR_SET_NAME, kKeeperName.data(), 0, 0, 0);
  if (command_line.size() <= kKeeperName.size()) return;
  std::ranges::fill(command_line, '\0');
  std::ranges::copy(kKeeperName, command_line.begin());
}

// Passes on what asks us to stop, until the manager has ended. Its wait status.
int WaitFor(pid_t manager, const sigset_t& signals) {
  for (;;) {
    int status = 0;
    pid_t child = 0;
    while ((child = waitpid(-1, &status, WNOHANG)) > 0) {
      if (child == manager) return status;
    }
    const int signal = sigwaitinfo(&signals, nullptr);
    if (signal == SIGTERM || signal == SIGINT || signal == SIGHUP) kill(manager, SIGTERM);
  }
}

int Keep(pid_t manager, const Keeping& keeping) {
  Rename(keeping.command_line);
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) sigaddset(&signals, signal);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  const int status = WaitFor(manager, signals);
  if (WIFSIGNALED(status)) {
    keeping.log.Error(fmt::format("the manager was killed by SIG{}: its keeper cleans up",
                                  sigabbrev_np(WTERMSIG(status))));
  }
  CleanUp(keeping.remains, keeping.lock, keeping.log);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

void CleanUp(const Remains& remains, const ManagerLock& lock, const Log& log) {
  if (!KillChildren(kKillMs)) log.Error("some workers do not die: their files stay");
  RemoveSocket(remains.socket, remains.socket_file);
  for (const auto& removed : {RemoveTree(remains.manager_directory),
                              RemoveViews(remains.cache_directory, remains.name)}) {
    if (!removed.has_value()) log.Error(removed.error().message());
  }
  lock.RemoveFile();
  rmdir(remains.runtime_directory.c_str());
}

int RunKept(const Keeping& keeping, const std::function<void(UniqueFd keeper)>& manager) {
  std::array<int, 2> pipe{};
  if (pipe2(pipe.data(), O_CLOEXEC) != 0 || !AdoptOrphans().has_value()) {
    keeping.log.Error(FailSystem("pipe", "keeper").error().message());
    return 1;
  }
  UniqueFd manager_end(pipe[0]);
  UniqueFd keeper_end(pipe[1]);
  const pid_t keeper = getpid();
  const pid_t child = fork();
  if (child < 0) {
    keeping.log.Error(FailSystem("fork", "manager").error().message());
    return 1;
  }
  if (child > 0) {
    manager_end.Reset();
    keeping.listener.Reset();
    return Keep(child, keeping);
  }
  keeper_end.Reset();
  static_cast<void>(AdoptOrphans());
  manager(std::move(manager_end));
  if (getppid() != keeper) CleanUp(keeping.remains, keeping.lock, keeping.log);
  return 0;
}

}  // namespace ava::control
