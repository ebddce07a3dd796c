// SPDX-License-Identifier: Apache-2.0
#pragma once

// A file system of its own for each session's directory, so that its size is the kernel's to keep,
// and one for what it sees of the kernel cache.
//
// Needs root. The mounts are made in a mount namespace of the manager's, where workers live too:
// nobody else sees them, and when the last of these processes is gone, however it died, so are
// they.

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "ava/base/result.h"
#include "ava/base/unique_fd.h"

namespace ava::control {

// What a session may keep in files.
struct StorageLimits {
  std::uint64_t bytes = std::uint64_t{1} << 30;
  std::uint64_t files = std::uint64_t{1} << 15;  // directories included
};

// Before any thread starts. What the machine mounts later is still seen here.
Result<void> EnterOwnMounts();

// An empty tmpfs over the directory `path`, which belongs to `uid` alone.
Result<void> MountStorage(const std::string& path, uid_t uid, const StorageLimits& limits);

// `below`, the topmost first, as far down as nothing of `fresh` lies over it. Nobody else may
// change any of these directories while it lasts. `work`: an empty one beside `fresh`.
Result<void> MountOverlay(const std::string& path, const std::vector<UniqueFd>& below, int fresh,
                          int work);

// With all that is in it. No mount is there: nothing happens.
void Unmount(const std::string& path);

}  // namespace ava::control
