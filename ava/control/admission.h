// SPDX-License-Identifier: Apache-2.0
#pragma once

// May this guest have a session? Pure.

#include <sys/types.h>

#include <optional>
#include <string>

#include "ava/control/config.h"
#include "ava/control/hello.h"
#include "ava/wire/handshake.h"

namespace ava::control {

// How many sessions there are, this one not counted. Those whose last process has ended count for
// themselves: what they leave is being cleared away, which takes no time unless somebody has left
// much.
struct Load {
  std::int64_t sessions = 0;
  std::int64_t sessions_of_user = 0;
  std::int64_t dead_of_user = 0;
};

struct Refusal {
  wire::WelcomeStatus status = wire::WelcomeStatus::kRefused;
  std::string reason;
};

// Nothing: it may.
std::optional<Refusal> Decide(const Config& config, const GuestHello& hello, const Load& load);

// The watchdog's limit: the shorter of what the guest asked for and what the operator set; 0: none.
std::int64_t WatchdogNanoseconds(const Config& config, const GuestHello& hello);

}  // namespace ava::control
