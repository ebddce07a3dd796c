// SPDX-License-Identifier: Apache-2.0
#pragma once

// A session from its first command to its last.
//
// One thread at a time holds the consumer role: it takes commands from the ring in order and
// executes them. Before a call that may block on the device it gives the role up; a thread that
// stands by takes it the moment a command arrives, so that a wait in one thread of the guest never
// holds up another. Afterwards the first thread takes the role back if nobody has it, and else
// stands by itself. Commands start in their order in any case.

#include <chrono>
#include <memory>

#include "ava/router/router.h"
#include "ava/transport/worker_channel.h"
#include "ava/worker/guest_files.h"
#include "ava/worker/progress.h"
#include "ava/worker/server_api.h"

namespace ava::worker {

// How long ServeSession waits for threads inside the vendor library.
inline constexpr std::chrono::milliseconds kShutdownGrace{500};

// Returns when the session has ended and its threads are gone: 0, or 1 when threads are still
// inside the vendor library, or that library may still call back, which only the end of the process
// can stop; then nothing that was passed in may be destroyed.
int ServeSession(const ServerApi& api, std::shared_ptr<transport::WorkerChannel> channel,
                 router::Router& router, Progress& progress, GuestFiles::Setup files = {},
                 std::chrono::milliseconds grace = kShutdownGrace);

}  // namespace ava::worker
