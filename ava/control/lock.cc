// SPDX-License-Identifier: Apache-2.0
#include "ava/control/lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "ava/base/clock.h"
#include "ava/base/format.h"
#include "ava/base/system_error.h"
#include "ava/control/directories.h"

namespace ava::control {
namespace {

constexpr useconds_t kRetryPauseUs = 10'000;

// The path still names the file that we locked: its last holder did not remove it meanwhile.
bool StillThere(const UniqueFd& file, const std::string& path) {
  struct stat ours{};
  struct stat now{};
  return fstat(file.get(), &ours) == 0 && stat(path.c_str(), &now) == 0 &&
         ours.st_ino == now.st_ino && ours.st_dev == now.st_dev;
}

enum class Attempt { kTaken, kHeld, kVanished };

Attempt TryLock(const UniqueFd& file, const std::string& path) {
  if (flock(file.get(), LOCK_EX | LOCK_NB) != 0) return Attempt::kHeld;
  return StillThere(file, path) ? Attempt::kTaken : Attempt::kVanished;
}

// In the directory that was looked at, whatever its path leads to by now. No file: that directory
// has gone. A manager that ends removes its own when it is empty, so it may have to be made again.
Result<UniqueFd> OpenFile(const std::filesystem::path& path, mode_t directory_mode) {
  auto directory = OpenOwnDirectory(path.parent_path(), directory_mode);
  if (!directory.has_value() && directory.error().code() == ErrorCode::kUnavailable) {
    return UniqueFd();
  }
  const UniqueFd opened = AVA_TRY(std::move(directory));
  UniqueFd file(openat(opened.get(), path.filename().c_str(),
                       O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file && errno != ENOENT) return FailSystem("open", path.string());
  return file;
}

}  // namespace

Result<ManagerLock> ManagerLock::Acquire(const std::string& path, mode_t directory_mode,
                                         int patience_ms) {
  const Deadline deadline = Deadline::In(patience_ms * kNanosecondsPerMillisecond);
  for (;;) {
    UniqueFd file = AVA_TRY(OpenFile(path, directory_mode));
    const Attempt attempt = file ? TryLock(file, path) : Attempt::kVanished;
    if (attempt == Attempt::kTaken) return ManagerLock(path, std::move(file));
    if (deadline.HasPassed()) {
      return Fail(ErrorCode::kUnavailable,
                  fmt::format("another manager is running: it holds '{}'", path));
    }
    if (attempt == Attempt::kHeld) usleep(kRetryPauseUs);
  }
}

void ManagerLock::RemoveFile() const {
  if (StillThere(file_, path_)) unlink(path_.c_str());
}

}  // namespace ava::control
