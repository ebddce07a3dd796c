// SPDX-License-Identifier: Apache-2.0
#pragma once

// Making and removing directories, where somebody hostile may have been there before or after us.

#include <sys/types.h>

#include <string>
#include <vector>

#include "ava/base/result.h"
#include "ava/base/unique_fd.h"

namespace ava::control {

// Creates `path` and what is missing above it. Refuses a link, and a directory that belongs to
// somebody else or that others may write to: /tmp/ava-1000 can be anybody's.
Result<void> EnsureDirectory(const std::string& path, mode_t mode);
// The same, opened: what was looked at is what the descriptor stands for. kUnavailable: somebody
// removed it meanwhile.
Result<UniqueFd> OpenOwnDirectory(const std::string& path, mode_t mode);

// Removes `path` and all below it, and follows no link. Trees of any depth and permissions, as long
// as nobody adds to them meanwhile. A path that does not exist is removed already.
Result<void> RemoveTree(const std::string& path);

// The names in an open directory, without "." and "..".
std::vector<std::string> NamesIn(int directory_fd);

}  // namespace ava::control
