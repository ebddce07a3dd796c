// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which sessions wait for a guest, and for which one: docs/decisions/0012-warm-workers.md.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "ava/control/config.h"
#include "ava/control/session.h"

namespace ava::control {

using SessionMap = std::map<std::uint64_t, std::unique_ptr<Session>>;

// One that this guest can have; NULL: none. Those that do not see what others have compiled since
// are ended.
Session* FindWarm(const SessionMap& sessions, const Session::Guest& guest);

// What to start when `last` has ended: the next program is likely to be one like the last. Not
// sooner, since a worker that starts takes time from programs that run, and sees what the last one
// compiled. Nothing: as many as may wait do; `last` had no guest itself, or never worked; or of the
// `free_users` for workers guests may need all.
std::optional<Session::Guest> NextWarm(const SessionMap& sessions, const Session& last,
                                       const Config& config, std::int64_t free_users);

}  // namespace ava::control
