// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which files a worker reaches, by landlock. What no list names is out of reach, whatever its mode
// says.

#include <string>
#include <vector>

#include "ava/base/result.h"

namespace ava::sandbox {

// Paths that do not exist are passed over: a machine has /lib64 and /opt or it has not.
struct FileAccess {
  std::vector<std::string> read;     // read and execute, whole trees or single files
  std::vector<std::string> write;    // everything but execute, below these directories
  std::vector<std::string> devices;  // open, read, write and ioctl
};

// The kernel's version of landlock; 0 when it has none that this code can use. Version 1 counts as
// none: it refuses every rename from one directory to another, and compilers do that.
int LandlockAbi();

// Returns the version in force. Also denies TCP, and signals to and abstract sockets of processes
// outside, where the kernel can.
Result<int> RestrictFiles(const FileAccess& access);

}  // namespace ava::sandbox
