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

}  // namespace

Result<ManagerLock> ManagerLock::Acquire(const std::string& path, int patience_ms) {
  const Deadline deadline = Deadline::In(patience_ms * kNanosecondsPerMillisecond);
  for (;;) {
    // A manager that ends removes its directory when it is empty, so this may be needed again.
    std::error_code ignored;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
    UniqueFd file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file && errno != ENOENT) return FailSystem("open", path);
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
