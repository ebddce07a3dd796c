// SPDX-License-Identifier: Apache-2.0
#pragma once

// One manager a socket: the lock that says so. The file goes away with its holder; a holder that
// was killed leaves a file without a lock, which the next one takes over.

#include <sys/types.h>

#include <string>

#include "ava/base/result.h"
#include "ava/base/unique_fd.h"

namespace ava::control {

class ManagerLock {
 public:
  // Makes the file's directory, with this mode, if it is not there; refuses somebody else's.
  // kUnavailable: another manager holds the lock, or still did after `patience_ms`.
  static Result<ManagerLock> Acquire(const std::string& path, mode_t directory_mode,
                                     int patience_ms);

  const std::string& path() const { return path_; }
  // Removes the file while the lock still holds, so that nobody locks a file that is about to go.
  void RemoveFile() const;

 private:
  ManagerLock(std::string path, UniqueFd file) : path_(std::move(path)), file_(std::move(file)) {}

  std::string path_;
  UniqueFd file_;  // shared by keeper and manager: the lock ends with the last of them
};

}  // namespace ava::control
