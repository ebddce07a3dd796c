// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a worker keeps in a directory that no file system limits. Looked at from outside, now and
// then: it may write a little more than it may before it is noticed, and what it has open after
// removing it is not seen.

#include <sys/types.h>

#include <string>
#include <vector>

#include "ava/control/session_mount.h"

namespace ava::control {

// True: `paths` together have more than `limits`. Bytes count of what belongs to `owner`; where
// that is the manager's own user, not of files with several names, as kernel_cache.h links earlier
// workers' into a view. Takes as long as `limits.files` allow, whatever is there.
bool IsOverLimits(const std::vector<std::string>& paths, uid_t owner, const StorageLimits& limits);

}  // namespace ava::control
