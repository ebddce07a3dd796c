// SPDX-License-Identifier: Apache-2.0
#include "ava/control/session_mount.h"

#include <sched.h>
#include <sys/mount.h>

#include "ava/base/format.h"
#include "ava/base/system_error.h"

namespace ava::control {

Result<void> EnterOwnMounts() {
  if (unshare(CLONE_NEWNS) != 0) return FailSystem("unshare", "mounts");
  if (mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) {
    return FailSystem("mount", "/");
  }
  return {};
}

Result<void> MountStorage(const std::string& path, uid_t uid, const StorageLimits& limits) {
  const std::string options = fmt::format("mode=0700,uid={},gid={},size={},nr_inodes={}", uid, uid,
                                          limits.bytes, limits.files);
  if (mount("ava-session", path.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, options.c_str()) != 0) {
    return FailSystem("mount", path);
  }
  return {};
}

Result<void> MountOverlay(const std::string& path, const std::vector<UniqueFd>& below, int fresh,
                          int work) {
  // By descriptor: no path is too long or has a colon, and nobody can exchange one.
  std::string options = "index=off,metacopy=off,redirect_dir=off,lowerdir=";
  for (const UniqueFd& layer : below) {
    if (options.back() != '=') options += ':';
    options += fmt::format("/proc/self/fd/{}", layer.get());
  }
  options += fmt::format(",upperdir=/proc/self/fd/{},workdir=/proc/self/fd/{}", fresh, work);
  if (mount("ava-kernels", path.c_str(), "overlay", MS_NOSUID | MS_NODEV, options.c_str()) != 0) {
    return FailSystem("mount", path);
  }
  return {};
}

void Unmount(const std::string& path) { umount2(path.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW); }

}  // namespace ava::control
