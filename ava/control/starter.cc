// SPDX-License-Identifier: Apache-2.0
#include "ava/control/starter.h"

#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include <nlohmann/json.hpp>

#include "ava/base/clock.h"
#include "ava/base/format.h"
#include "ava/base/system_error.h"
#include "ava/base/unique_fd.h"

namespace ava::control {
namespace {

using nlohmann::literals::operator""_json_pointer;

constexpr std::int64_t kPatienceNs = 20 * kNanosecondsPerSecond;
constexpr useconds_t kPauseUs = 5'000;

Result<AdminClient> Reach(const std::string& socket) {
  AdminClient client = AVA_TRY(AdminClient::Connect(socket));
  const std::vector<std::string> answer = AVA_TRY(client.Ask("ping"));
  const auto json = nlohmann::json::parse(answer.empty() ? "" : answer[0], nullptr, false);
  if (json.is_object() && json.contains("/manager/stopping"_json_pointer) &&
      json["/manager/stopping"_json_pointer] == true) {
    return Fail(ErrorCode::kUnavailable, "the manager is stopping");
  }
  return client;
}

struct Outcome {
  int status = 0;
  std::string errors;  // what avad said
};

std::string TextOf(const UniqueFd& file) {
  std::array<char, 1024> text{};
  const ssize_t bytes = pread(file.get(), text.data(), text.size(), 0);
  return bytes <= 0 ? "" : std::string(text.data(), static_cast<std::size_t>(bytes));
}

class FileActions {
 public:
  explicit FileActions(int standard_error) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_adddup2(&actions_, standard_error, STDERR_FILENO);
  }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

// avad goes into the background by itself; its first process ends when guests can connect.
Result<Outcome> StartAvad(const StarterOptions& options) {
  std::vector<std::string> words = {options.program, "--socket", options.socket};
  words.insert(words.end(), options.arguments.begin(), options.arguments.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const UniqueFd errors(memfd_create("ava-start", MFD_CLOEXEC));
  if (!errors) return FailSystem("memfd_create", "ava-start");
  const FileActions actions(errors.get());
  pid_t child = -1;
  const int error = posix_spawn(&child, options.program.c_str(), actions.get(), nullptr,
                                arguments.data(), environ);
  if (error != 0) return FailSystem("posix_spawn", options.program, error);
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return FailSystem("waitpid", options.program);
  }
  return Outcome{.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
                 .errors = TextOf(errors)};
}

}  // namespace

Result<AdminClient> EnsureManager(const StarterOptions& options) {
  const Deadline deadline = Deadline::In(kPatienceNs);
  for (;;) {
    auto reached = Reach(options.socket);
    if (reached.has_value()) return reached;
    // Somebody else's socket: no manager of ours could have that place.
    if (reached.error().code() == ErrorCode::kInvalid) return reached;
    if (deadline.HasPassed()) {
      return Fail(ErrorCode::kUnavailable,
                  fmt::format("no manager could be started on '{}': {}: see its log",
                              options.socket, reached.error().message()));
    }
    const Outcome outcome = AVA_TRY(StartAvad(options));
    if (outcome.status != 0 && outcome.status != kExitAlreadyRunning) {
      return Fail(ErrorCode::kUnavailable,
                  fmt::format("'{}' failed with exit status {}: {}", options.program,
                              outcome.status, outcome.errors));
    }
    if (outcome.status != 0) usleep(kPauseUs);  // another one is starting, or still stopping
  }
}

}  // namespace ava::control
