// SPDX-License-Identifier: Apache-2.0
//
// avad: the manager. Options, then ava/control/setup.h.

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include <CLI/CLI.hpp>

#include "ava/base/format.h"
#include "ava/base/unique_fd.h"
#include "ava/control/activation.h"
#include "ava/control/config.h"
#include "ava/control/layout.h"
#include "ava/control/log.h"
#include "ava/control/manager.h"
#include "ava/control/setup.h"
#include "ava/control/starter.h"

namespace ava {
namespace {

constexpr int kExitFailed = 1;
constexpr int kExitMisuse = 2;

struct Options {
  std::string config_file;
  std::string socket;
  std::string runtime;
  std::string cache;
  std::string log;
  std::optional<std::int64_t> idle_exit;
  bool foreground = false;
};

void Declare(CLI::App& app, Options& options) {
  app.add_option("--config", options.config_file,
                 "settings (TOML); default for root: /etc/ava/avad.toml if it is there")
      ->type_name("FILE");
  app.add_option("--socket", options.socket, "where guests connect: a path, or @name")
      ->type_name("ADDRESS");
  app.add_option("--runtime", options.runtime, "directory for what ends with the manager")
      ->type_name("DIR");
  app.add_option("--cache", options.cache, "directory for compiled kernels")->type_name("DIR");
  app.add_option("--log", options.log, "log file; default in the foreground: standard error")
      ->type_name("FILE");
  app.add_option("--idle-exit", options.idle_exit, "end after so long without a session; 0: never")
      ->type_name("SECONDS")
      ->check(CLI::NonNegativeNumber);
  app.add_flag("--foreground", options.foreground, "do not go into the background");
  app.set_version_flag("--version", std::string("avad ") + control::kVersion);
}

Result<control::Config> MakeConfig(const Options& options) {
  control::Config config;
  const std::string file = !options.config_file.empty()
                               ? options.config_file
                               : control::DefaultConfigFile(control::ReadSurroundings());
  if (!file.empty()) AVA_TRY(control::LoadConfig(file, config));
  if (!options.socket.empty()) config.socket = options.socket;
  if (!options.runtime.empty()) config.runtime_directory = options.runtime;
  if (!options.cache.empty()) config.cache_directory = options.cache;
  if (!options.log.empty()) config.log_file = options.log;
  if (options.idle_exit) config.idle_exit_seconds = *options.idle_exit;
  // In the background the working directory is another one.
  for (std::string* path : {&config.socket, &config.runtime_directory, &config.cache_directory,
                            &config.log_file, &config.worker_program}) {
    if (!path->empty() && !path->starts_with('@')) *path = std::filesystem::absolute(*path);
  }
  return config;
}

// Whatever the caller blocks, ignores or masks.
void ForgetWhoStartedUs() {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGCHLD, SIG_DFL);
  signal(SIGPIPE, SIG_IGN);
  umask(022);
  // Each session needs some descriptors.
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int Complain(const Error& error) {
  std::fprintf(stderr, "avad: %s\n", error.message().c_str());
  return error.code() == ErrorCode::kUnavailable ? control::kExitAlreadyRunning : kExitFailed;
}

// In the background there is nobody to read standard error.
std::string BackgroundLog(const control::Config& config,
                          const control::Surroundings& surroundings) {
  if (!config.log_file.empty()) return config.log_file;
  const std::string file = control::DefaultLogFile(surroundings);
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(file).parent_path(), error);
  return error || access(std::filesystem::path(file).parent_path().c_str(), W_OK) != 0 ? "/dev/null"
                                                                                       : file;
}

// The parent's part of going into the background: its exit status is the child's word on how it
// went.
int WaitUntilReady(const UniqueFd& ready) {
  unsigned char status = kExitFailed;
  ssize_t bytes = 0;
  do {
    bytes = read(ready.get(), &status, 1);
  } while (bytes < 0 && errno == EINTR);
  return status;
}

void DetachFromTerminal() {
  setsid();
  static_cast<void>(!chdir("/"));
  const UniqueFd null(open("/dev/null", O_RDWR | O_CLOEXEC));
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(null.get(), fd);
}

struct Start {
  control::Config config;
  bool background = false;
  UniqueFd activated;  // the socket, when somebody opened it for us
  UniqueFd ready;      // where the background's parent waits for a word
};

int Run(Start start, std::span<char> command_line) {
  auto& [config, background, activated, ready] = start;
  const control::Surroundings surroundings = control::ReadSurroundings();
  const auto tell = [&ready](int status) {
    const auto byte = static_cast<unsigned char>(status);
    if (ready) static_cast<void>(!write(ready.get(), &byte, 1));
    ready.Reset();
    return status;
  };
  auto log = control::Log::Open(background ? BackgroundLog(config, surroundings) : config.log_file);
  if (!log.has_value()) return tell(Complain(log.error()));
  auto prepared = control::Prepare(std::move(config), surroundings, std::move(activated));
  if (!prepared.has_value()) return tell(Complain(prepared.error()));
  if (background) DetachFromTerminal();
  tell(0);
  return control::Serve(*std::move(prepared), *std::move(log), command_line);
}

int RunInBackground(control::Config config, std::span<char> command_line) {
  closefrom(STDERR_FILENO + 1);  // somebody may wait for the end of a pipe
  std::array<int, 2> pipe{};
  if (pipe2(pipe.data(), O_CLOEXEC) != 0) return kExitFailed;
  UniqueFd read_end(pipe[0]);
  UniqueFd write_end(pipe[1]);
  const pid_t child = fork();
  if (child < 0) return kExitFailed;
  if (child > 0) {
    write_end.Reset();
    return WaitUntilReady(read_end);
  }
  read_end.Reset();
  return Run({.config = std::move(config),
              .background = true,
              .activated = {},
              .ready = std::move(write_end)},
             command_line);
}

// A manager in the background has nobody who would hold its socket for it.
Result<UniqueFd> TakeSocket(bool foreground, control::Config& config) {
  if (!foreground) return UniqueFd();
  control::ActivatedSocket taken = AVA_TRY(control::TakeActivatedSocket());
  if (!taken.socket) return UniqueFd();
  if (!config.socket.empty() && config.socket != taken.address) {
    return Fail(ErrorCode::kInvalid,
                fmt::format("the settings say '{}', but the socket that was passed is '{}'",
                            config.socket, taken.address));
  }
  config.socket = std::move(taken.address);
  return std::move(taken.socket);
}

int Main(int argc, char** argv) {
  CLI::App app("avad: the manager of AvA's virtual accelerators", "avad");
  Options options;
  Declare(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitMisuse;
  }
  auto config = MakeConfig(options);
  if (!config.has_value()) return Complain(config.error());
  auto activated = TakeSocket(options.foreground, *config);
  if (!activated.has_value()) return Complain(activated.error());
  ForgetWhoStartedUs();
  char* const last = argv[argc - 1];
  const std::span<char> command_line(argv[0], last + std::strlen(last));
  if (options.foreground) {
    return Run({.config = *std::move(config), .activated = *std::move(activated), .ready = {}},
               command_line);
  }
  return RunInBackground(*std::move(config), command_line);
}

}  // namespace
}  // namespace ava

int main(int argc, char** argv) { return ava::Main(argc, argv); }
