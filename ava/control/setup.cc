// SPDX-License-Identifier: Apache-2.0
#include "ava/control/setup.h"

#include <filesystem>
#include <string_view>
#include <utility>

#include "ava/base/format.h"
#include "ava/control/directories.h"
#include "ava/control/kernel_cache.h"
#include "ava/control/manager.h"
#include "ava/control/session_mount.h"
#include "ava/control/socket.h"

namespace ava::control {
namespace {

// A manager that is just ending still holds its lock.
constexpr int kLockPatienceMs = 3'000;
// Which users workers have: of all managers of the machine, wherever they keep their files.
constexpr std::string_view kWorkersLock = "/run/ava-workers.lock";

Remains RemainsOf(const Config& config, const Surroundings& surroundings, bool own_socket) {
  std::string name = ManagerName(config.socket, surroundings);
  return {.socket = own_socket ? config.socket : "",
          .socket_file = {},
          .runtime_directory = config.runtime_directory,
          .manager_directory = fmt::format("{}/{}", config.runtime_directory, name),
          .cache_directory = config.cache_directory,
          .name = std::move(name)};
}

Result<ManagerLock> TakeLock(const Remains& remains, mode_t directory_mode) {
  const std::string path = fmt::format("{}/{}.lock", remains.runtime_directory, remains.name);
  // One that answers is not about to end. Without a socket of our own, nobody else could answer.
  const bool asks = !remains.socket.empty();
  const int patience_ms = asks && ConnectTo(remains.socket).has_value() ? 0 : kLockPatienceMs;
  return ManagerLock::Acquire(path, directory_mode, patience_ms);
}

Result<void> PrepareLocked(Prepared& prepared, bool root, UniqueFd activated) {
  Remains& remains = prepared.remains;
  const Config& config = prepared.config;
  AVA_TRY(RemoveTree(remains.manager_directory));
  AVA_TRY(RemoveViews(remains.cache_directory, remains.name));
  // Workers pass through both to their own.
  AVA_TRY(EnsureDirectory(remains.manager_directory, root ? 0711 : 0700));
  AVA_TRY(EnsureDirectory(prepared.session_directory, root ? 0711 : 0700));
  if (root) {
    prepared.users =
        AVA_TRY(UserPool::Open(config.uid_first, config.uid_last, std::string(kWorkersLock)));
  }
  if (activated) {
    prepared.listener = std::move(activated);
    return {};
  }
  prepared.listener =
      AVA_TRY(ListenOn(config.socket, root ? Audience::kEverybody : Audience::kOwner));
  remains.socket_file = SocketFileAt(config.socket);
  return {};
}

// Containers may forbid it.
bool EnterOwnMountsOrSay(const Log& log) {
  const auto entered = EnterOwnMounts();
  if (entered.has_value()) return true;
  log.Warn(fmt::format("{}: sessions' directories are watched instead of limited",
                       entered.error().message()));
  return false;
}

}  // namespace

void CompleteConfig(const Surroundings& surroundings, Config& config) {
  const auto complete = [](std::string& value, std::string standard) {
    if (value.empty()) value = std::move(standard);
  };
  complete(config.socket, DefaultSocket(surroundings));
  complete(config.runtime_directory, DefaultRuntimeDirectory(surroundings));
  complete(config.cache_directory, DefaultCacheDirectory(surroundings));
  complete(config.worker_program, WorkerProgram(surroundings));
  if (config.library_directories.empty()) {
    config.library_directories = LibraryDirectories(surroundings);
  }
}

Result<Prepared> Prepare(Config config, const Surroundings& surroundings, UniqueFd activated) {
  const bool root = surroundings.uid == 0;
  CompleteConfig(surroundings, config);
  Remains remains = RemainsOf(config, surroundings, !activated);
  const mode_t mode = root ? 0755 : 0700;
  AVA_TRY(EnsureDirectory(remains.cache_directory, mode));
  ManagerLock lock = AVA_TRY(TakeLock(remains, mode));

  Prepared prepared{.config = std::move(config),
                    .session_directory = remains.manager_directory + "/sessions",
                    .remains = std::move(remains),
                    .lock = std::move(lock)};
  auto locked = PrepareLocked(prepared, root, std::move(activated));
  if (!locked.has_value()) {
    static_cast<void>(RemoveTree(prepared.remains.manager_directory));
    prepared.lock.RemoveFile();
    return std::unexpected(std::move(locked).error());
  }
  return prepared;
}

int Serve(Prepared prepared, Log log, std::span<char> command_line) {
  const Keeping keeping{.remains = prepared.remains,
                        .lock = prepared.lock,
                        .log = log,
                        .listener = prepared.listener,
                        .command_line = command_line};
  return RunKept(keeping, [&](UniqueFd keeper) {
    const bool mounts = prepared.users && EnterOwnMountsOrSay(log);
    Manager manager({.config = prepared.config,
                     .name = prepared.remains.name,
                     .session_directory = prepared.session_directory,
                     .listener = std::move(prepared.listener),
                     .own_socket = !prepared.remains.socket.empty(),
                     .socket_file = prepared.remains.socket_file,
                     .keeper = std::move(keeper),
                     .users = prepared.users ? &*prepared.users : nullptr,
                     .mounts = mounts},
                    log);
    manager.Run();
  });
}

}  // namespace ava::control
