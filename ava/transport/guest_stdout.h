// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which standard output the worker has of the program. What kernels print belongs to the one that
// the program has at that moment, and a program may exchange it.

#include <sys/types.h>

#include "ava/base/mutex.h"
#include "ava/base/unique_fd.h"

namespace ava::transport {

class GuestStdout {
 public:
  GuestStdout() : first_(Now()), passed_(first_) {}

  // True when the program has another one than at the last look.
  bool HasChanged();
  // As if it had the first one again. False: it has.
  bool LetGo();

 private:
  struct Identity {
    bool open = false;
    dev_t device = 0;
    ino_t file = 0;
    bool operator==(const Identity&) const = default;
  };
  static Identity Now();

  Mutex mutex_;
  const Identity first_;
  Identity passed_;
};

// A descriptor of the program's standard output for a thread that has left the program's table
// (`apart`) or not; of /dev/null when it is closed; none when the system does not give it.
UniqueFd FetchStdout(bool apart);

}  // namespace ava::transport
