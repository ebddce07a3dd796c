// SPDX-License-Identifier: Apache-2.0
#pragma once

// The thread that ends the process: at once, whatever the others are doing inside the vendor's
// library.
//
//   the guest is gone, or the session was closed   say why to the manager, _exit
//   the manager asks                               tell the guest why, then the same
//   the manager is gone                            _exit

#include <memory>

#include "apps/ava-worker/manager_link.h"
#include "ava/base/unique_fd.h"
#include "ava/transport/worker_channel.h"
#include "ava/wire/ledger.h"

namespace ava {

struct Watched {
  const ManagerLink& manager;
  std::shared_ptr<transport::WorkerChannel> channel;
  UniqueFd guest;  // the session's socket
  wire::Ledger& ledger;
};

void StartMonitor(Watched watched);

}  // namespace ava
