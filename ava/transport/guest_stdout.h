// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which standard output the worker has of the program. What kernels print belongs to the one that
// the program has at that moment, and a program may exchange it.

#include <sys/types.h>

#include "ava/base/unique_fd.h"

namespace ava::transport {

// One thread at a time.
class GuestStdout {
 public:
  GuestStdout() : first_(Now()), passed_(first_) {}

  enum class Seen { kSame, kFirst, kOther };  // kFirst: the one of the start again
  // Which one the program has, compared to the last look.
  Seen Look();
  // The worker need not keep it: the next look finds it anew. False: it keeps none.
  bool LetGo();

 private:
  struct Identity {
    bool open = false;
    dev_t device = 0;
    ino_t file = 0;
    bool operator==(const Identity&) const = default;
  };
  static Identity Now();

  const Identity first_;
  Identity passed_;
  bool let_go_ = false;
};

// A descriptor of the program's standard output for a thread that has left the program's table
// (`apart`) or not; of /dev/null when it is closed; none when the system does not give it.
UniqueFd FetchStdout(bool apart);

}  // namespace ava::transport
