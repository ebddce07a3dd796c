// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a worker may do, given up before it loads anything that a guest has a say in.
//
// A worker runs a vendor's library and, on a CPU device, the guest's own machine code. So it enters
// its sandbox first, in this order, each step narrowing what the next one may undo:
//
//   descriptors   everything but the few that the manager handed over is closed descriptors.h
//   limits        no core file, a bounded number of processes and descriptors            limits.h
//   identity      a uid of its own, one group, no supplementary ones                     identity.h
//   privileges    no_new_privs; dies with its manager
//   files         landlock: reads the system, writes its own directories                 landlock.h
//   system calls  seccomp: what no vendor library needs fails with EPERM system_calls.h
//
// Landlock may be missing from a kernel: Entered says so, and who started the worker decides.
// Everything else is either there or an error.

#include <cstdint>
#include <string>
#include <vector>

#include "ava/base/result.h"
#include "ava/sandbox/identity.h"
#include "ava/sandbox/landlock.h"
#include "ava/sandbox/limits.h"

namespace ava::sandbox {

struct Sandbox {
  Limits limits;
  Identity identity;
  FileAccess files;
  bool system_calls = true;  // false: for tests under a debugger, which needs ptrace
};

struct Entered {
  int landlock_abi = 0;  // 0: the kernel has none, and the files rule does not hold
};

// Never undone. The caller has one thread, or the others stay outside.
Result<Entered> Enter(const Sandbox& sandbox);

}  // namespace ava::sandbox
