// SPDX-License-Identifier: Apache-2.0
#include "apps/ava/run.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "apps/ava/stats.h"
#include "ava/base/clock.h"
#include "ava/base/system_error.h"

namespace ava::cli {
namespace {

// Everything that one process can be sent and pass on.
sigset_t PassedOn() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal :
       {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH, SIGCONT, SIGCHLD}) {
    sigaddset(&signals, signal);
  }
  return signals;
}

// Until the program ends. What a terminal sends, it has sent to the program as well.
Ending WaitFor(pid_t program, const sigset_t& signals) {
  for (;;) {
    Ending ending;
    rusage usage{};
    const pid_t ended = wait4(program, &ending.status, WNOHANG, &usage);
    if (ended == program) {
      const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
      };
      ending.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
      return ending;
    }
    siginfo_t info{};
    const int signal = sigwaitinfo(&signals, &info);
    if (signal > 0 && signal != SIGCHLD && info.si_code <= 0) kill(program, signal);
  }
}

// As the program did.
int EndLike(const Ending& ending) {
  if (!WIFSIGNALED(ending.status)) return WEXITSTATUS(ending.status);
  const int signal = WTERMSIG(ending.status);
  const rlimit no_core{0, 0};  // the program has left one, if any
  setrlimit(RLIMIT_CORE, &no_core);
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_UNBLOCK, &all, nullptr);
  ::signal(signal, SIG_DFL);
  raise(signal);
  return 128 + signal;
}

int RunAsParent(const std::string& path, const RunOptions& options, Launch& launch) {
  const sigset_t signals = PassedOn();
  sigset_t old;
  sigprocmask(SIG_BLOCK, &signals, &old);
  const std::int64_t start_ns = MonotonicNanoseconds();
  const pid_t parent = getpid();
  const pid_t program = fork();
  if (program < 0) return Complain("run", FailSystem("fork", path).error());
  if (program == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // who kills us, means the program
    if (getppid() != parent) _exit(kExitFailed);
    sigprocmask(SIG_SETMASK, &old, nullptr);
    HoldManager(launch.manager);
    _exit(Execute(path, options.words));
  }
  Ending ending = WaitFor(program, signals);
  ending.seconds = static_cast<double>(MonotonicNanoseconds() - start_ns) / kNanosecondsPerSecond;
  const auto written = WriteStats(options.stats_file, launch, options.words, ending);
  if (!written.has_value()) Complain("run", written.error());
  return EndLike(ending);
}

}  // namespace

int Run(const Context& context, const RunOptions& options) {
  const auto path = FindProgram(options.words.front());
  if (!path.has_value()) {
    Complain("run", path.error());
    return path.error().code() == ErrorCode::kInvalid ? kExitNotExecutable : kExitNotFound;
  }
  auto launch = PrepareLaunch(context, options.launch);
  if (!launch.has_value()) return Complain("run", launch.error());
  if (!options.stats_file.empty()) return RunAsParent(*path, options, *launch);
  HoldManager(launch->manager);
  return Execute(*path, options.words);
}

}  // namespace ava::cli
