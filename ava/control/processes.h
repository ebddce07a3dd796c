// SPDX-License-Identifier: Apache-2.0
#pragma once

// Starting a worker, and making sure that nothing of it is left.

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "ava/base/result.h"
#include "ava/base/unique_fd.h"
#include "ava/control/worker_spec.h"

namespace ava::control {

// Orphans of this process's descendants become its children: PR_SET_CHILD_SUBREAPER.
Result<void> AdoptOrphans();

// This process's children, dead ones that nobody has waited for included.
std::vector<pid_t> Children();

// Kills and reaps children until there are none, their orphans too; at most for `patience_ms`.
// True: none is left.
bool KillChildren(int patience_ms);

// Starts a child that kills every process of `uid`, and ends: with 0 when it has. Its pid, for
// waitpid. They cannot hinder it.
Result<pid_t> StartKillingUser(uid_t uid);

// What that child does first; raw system calls only. Its effective user alone is theirs, which lets
// it signal them; its real and saved ones are nobody's, so that neither they nor another killer can
// signal it. Inside a container that has few users it has to be theirs altogether.
bool BecomeKillerOf(uid_t uid);

// `fds`: in the order of WorkerFd, close-on-exec; they stay the caller's. The child is in a session
// of its own.
Result<pid_t> StartWorker(const std::string& program, const std::array<int, kWorkerFdCount>& fds);

// Readable when the process has ended. None: it has already, or this kernel cannot say
// (before 5.3).
UniqueFd OpenProcess(pid_t pid);

// By that descriptor.
bool HasEnded(int process);

// CPU time of all threads of a process; negative: it is gone.
std::int64_t CpuNanoseconds(pid_t pid);

}  // namespace ava::control
