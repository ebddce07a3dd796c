// SPDX-License-Identifier: Apache-2.0
#include "ava/control/processes.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "ava/base/clock.h"
#include "ava/base/format.h"
#include "ava/base/system_error.h"

namespace ava::control {
namespace {

constexpr useconds_t kPauseUs = 1'000;
// Added to a worker's user: one that no account has, and no container is given.
constexpr uid_t kKillersUsers = 0xf0000000U;

// In a child of a process with threads: raw system calls only.
[[noreturn]] void KillAllOf(uid_t uid) {
  if (!BecomeKillerOf(uid)) _exit(1);
  // Once is enough: the kernel lets nobody fork while it goes through the list, nor afterwards with
  // a SIGKILL pending.
  kill(-1, SIGKILL);
  _exit(0);
}

class SpawnActions {
 public:
  SpawnActions() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  ~SpawnActions() {
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
  }
  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
};

// A session of its own, no signal blocked or ignored.
int SetAttributes(posix_spawnattr_t* attributes) {
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  sigdelset(&all, SIGKILL);
  sigdelset(&all, SIGSTOP);
  if (const int error = posix_spawnattr_setsigmask(attributes, &none)) return error;
  if (const int error = posix_spawnattr_setsigdefault(attributes, &all)) return error;
  return posix_spawnattr_setflags(
      attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

int SetDescriptors(posix_spawn_file_actions_t* actions, const std::vector<UniqueFd>& high) {
  if (const int error = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDWR, 0)) {
    return error;
  }
  if (const int error = posix_spawn_file_actions_adddup2(actions, 2, 1)) return error;
  for (std::size_t i = 0; i < high.size(); ++i) {
    const int target = kWorkerSpecFd + static_cast<int>(i);
    if (const int error = posix_spawn_file_actions_adddup2(actions, high[i].get(), target)) {
      return error;
    }
  }
  return 0;
}

}  // namespace

Result<void> AdoptOrphans() {
  if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) return FailSystem("prctl", "subreaper");
  return {};
}

std::vector<pid_t> Children() {
  std::vector<pid_t> children;
  std::error_code error;
  for (auto task = std::filesystem::directory_iterator("/proc/self/task", error);
       !error && task != std::filesystem::directory_iterator(); task.increment(error)) {
    std::ifstream list(task->path() / "children");
    for (pid_t pid = 0; list >> pid;) children.push_back(pid);
  }
  return children;
}

bool KillChildren(int patience_ms) {
  const Deadline deadline = Deadline::In(patience_ms * kNanosecondsPerMillisecond);
  for (;;) {
    for (const pid_t child : Children()) kill(child, SIGKILL);
    pid_t reaped = 0;
    do {
      reaped = waitpid(-1, nullptr, WNOHANG);
    } while (reaped > 0);
    if (reaped < 0 && errno == ECHILD) return true;
    if (deadline.HasPassed()) return false;
    usleep(kPauseUs);
  }
}

bool BecomeKillerOf(uid_t uid) {
  const uid_t own = kKillersUsers + uid;
  if (syscall(SYS_setresuid, own, uid, own) != 0) syscall(SYS_setresuid, uid, uid, uid);
  return syscall(SYS_geteuid) == uid;
}

Result<pid_t> StartKillingUser(uid_t uid) {
  const pid_t child = fork();
  if (child == 0) KillAllOf(uid);
  if (child < 0) return FailSystem("fork", fmt::format("kill user {}", uid));
  return child;
}

Result<pid_t> StartWorker(const std::string& program, const std::array<int, kWorkerFdCount>& fds) {
  // First out of the way of the numbers that they are to get.
  std::vector<UniqueFd> high;
  for (const int fd : fds) {
    high.emplace_back(fcntl(fd, F_DUPFD_CLOEXEC, kWorkerFdEnd));
    if (!high.back()) return FailSystem("fcntl(F_DUPFD)", std::to_string(fd));
  }
  SpawnActions spawn;
  int error = SetAttributes(&spawn.attributes);
  if (error == 0) error = SetDescriptors(&spawn.actions, high);
  std::string name = "ava-worker";
  char* const arguments[] = {name.data(), nullptr};
  std::string path = "PATH=/usr/local/bin:/usr/bin:/bin";
  char* const environment[] = {path.data(), nullptr};
  pid_t child = -1;
  if (error == 0) {
    error = posix_spawn(&child, program.c_str(), &spawn.actions, &spawn.attributes, arguments,
                        environment);
  }
  if (error != 0) return FailSystem("posix_spawn", program, error);
  return child;
}

UniqueFd OpenProcess(pid_t pid) {
  return UniqueFd(pid > 0 ? static_cast<int>(syscall(SYS_pidfd_open, pid, 0)) : -1);
}

bool HasEnded(int process) {
  pollfd ended{.fd = process, .events = POLLIN, .revents = 0};
  return poll(&ended, 1, 0) > 0;
}

std::int64_t CpuNanoseconds(pid_t pid) {
  clockid_t clock{};
  timespec time{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) return -1;
  return std::int64_t{time.tv_sec} * kNanosecondsPerSecond + time.tv_nsec;
}

}  // namespace ava::control
