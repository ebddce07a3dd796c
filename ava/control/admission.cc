// SPDX-License-Identifier: Apache-2.0
#include "ava/control/admission.h"

#include <algorithm>

#include "ava/base/clock.h"
#include "ava/base/format.h"
#include "ava/wire/abi.h"

namespace ava::control {

std::optional<Refusal> Decide(const Config& config, const GuestHello& hello, const Load& load) {
  using enum wire::WelcomeStatus;
  if (hello.functions == 0 || hello.functions > wire::kFunctionsMax) {
    return Refusal{kRefused, fmt::format("an API of {} functions: between 1 and {} are possible",
                                         hello.functions, wire::kFunctionsMax)};
  }
  if (load.sessions >= config.sessions_max) {
    return Refusal{kBusy, fmt::format("all {} sessions are in use: try again later, or raise "
                                      "'sessions.max'",
                                      config.sessions_max)};
  }
  if (load.sessions_of_user >= config.sessions_per_user_max) {
    return Refusal{kBusy, fmt::format("this user has {} sessions, the most that one user may: end "
                                      "some, or raise 'sessions.max_per_user'",
                                      load.sessions_of_user)};
  }
  if (load.dead_of_user >= config.sessions_per_user_max) {
    return Refusal{kBusy, fmt::format("{} sessions of this user that have ended are still being "
                                      "cleared away: try again later",
                                      load.dead_of_user)};
  }
  return std::nullopt;
}

std::int64_t WatchdogNanoseconds(const Config& config, const GuestHello& hello) {
  const std::int64_t asked = std::int64_t{hello.watchdog_ms} * kNanosecondsPerMillisecond;
  const std::int64_t set = config.watchdog_seconds * kNanosecondsPerSecond;
  if (asked == 0 || set == 0) return std::max(asked, set);
  return std::min(asked, set);
}

}  // namespace ava::control
