// SPDX-License-Identifier: Apache-2.0
#include "tests/random/player_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>

#include "tests/random/channel.h"

namespace random_test {

namespace {

// The first of all sequences may have to compile every kernel.
constexpr int kTimeoutMs = 30'000;
constexpr std::string_view kDeath = "PLAYER ENDED: ";

}  // namespace

bool IsDeath(std::string_view transcript) { return transcript.starts_with(kDeath); }

void PlayerProcess::Start() {
  int to[2];
  int from[2];
  if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0) std::abort();
  std::vector<char*> arguments;
  for (std::string& word : command_) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_ = fork();
  if (pid_ == 0) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // A player that hangs must not outlive the tester.
    dup2(to[0], STDIN_FILENO);
    dup2(from[1], STDOUT_FILENO);
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  close(to[0]);
  close(from[1]);
  to_ = to[1];
  from_ = from[0];
}

void PlayerProcess::Stop() {
  if (pid_ <= 0) return;
  close(to_);
  close(from_);
  kill(-pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

std::string PlayerProcess::End(bool is_late) {
  ++deaths_;
  std::string how = "no answer in time";
  if (!is_late) {
    int status = 0;
    waitpid(pid_, &status, 0);
    how = WIFSIGNALED(status) ? std::string("killed by ") + strsignal(WTERMSIG(status))
                              : "exit status " + std::to_string(WEXITSTATUS(status));
    kill(-pid_, SIGKILL);
    close(to_);
    close(from_);
    pid_ = -1;
  }
  Stop();
  return std::string(kDeath) + how + "\n";
}

std::string PlayerProcess::Play(std::string_view sequence) {
  if (pid_ <= 0) Start();
  if (!Send(to_, sequence)) return End(false);
  Received received = Receive(from_, kTimeoutMs);
  if (received.text) return std::move(*received.text);
  return End(received.is_late);
}

}  // namespace random_test
