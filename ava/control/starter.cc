// SPDX-License-Identifier: Apache-2.0
#include "ava/control/starter.h"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "ava/base/clock.h"
#include "ava/base/format.h"
#include "ava/base/system_error.h"

namespace ava::control {
namespace {

constexpr std::int64_t kPatienceNs = 20 * kNanosecondsPerSecond;
constexpr useconds_t kPauseUs = 5'000;

Result<AdminClient> Reach(const std::string& socket) {
  AdminClient client = AVA_TRY(AdminClient::Connect(socket));
  AVA_TRY(client.Ask("ping"));
  return client;
}

// avad goes into the background by itself; its first process ends when guests can connect.
Result<int> StartAvad(const StarterOptions& options) {
  std::vector<std::string> words = {options.program, "--socket", options.socket};
  words.insert(words.end(), options.arguments.begin(), options.arguments.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t child = -1;
  const int error =
      posix_spawn(&child, options.program.c_str(), nullptr, nullptr, arguments.data(), environ);
  if (error != 0) return FailSystem("posix_spawn", options.program, error);
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return FailSystem("waitpid", options.program);
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Result<AdminClient> EnsureManager(const StarterOptions& options) {
  const Deadline deadline = Deadline::In(kPatienceNs);
  for (;;) {
    auto reached = Reach(options.socket);
    if (reached.has_value()) return reached;
    if (deadline.HasPassed()) {
      return Fail(ErrorCode::kUnavailable,
                  fmt::format("no manager could be started on '{}': {}: see its log",
                              options.socket, reached.error().message()));
    }
    const int status = AVA_TRY(StartAvad(options));
    if (status != 0 && status != kExitAlreadyRunning) {
      return Fail(ErrorCode::kUnavailable, fmt::format("'{}' failed with exit status {}: what it "
                                                       "printed says why",
                                                       options.program, status));
    }
    if (status != 0) usleep(kPauseUs);
  }
}

}  // namespace ava::control
