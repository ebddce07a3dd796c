// SPDX-License-Identifier: Apache-2.0
#pragma once

// Waiting that begins awake. A wait goes through three states: it pauses for at most two
// microseconds, yields the core for a while, and then its caller sleeps in the kernel. Only pausing
// would keep the accelerator's own threads from a core on which they were just woken; yielding
// costs 130 ns a turn and lets them run at once.

#include <sched.h>

#include <cstdint>

#include "ava/base/clock.h"
#include "ava/base/spin.h"

namespace ava::transport {

inline constexpr std::int64_t kPauseNsMax = 2 * kNanosecondsPerMicrosecond;
inline constexpr int kPausesPerLook = 8;  // at the clock

// Until `ready()` is true, or the time is over: false. With no yield_ns it pauses only.
template <class Ready>
bool WaitAwake(std::int64_t yield_ns, Ready&& ready) {
  if (ready()) return true;
  const std::int64_t start = MonotonicNanoseconds();
  do {
    for (int i = 0; i < kPausesPerLook; ++i) {
      SpinPause();
      if (ready()) return true;
    }
  } while (MonotonicNanoseconds() - start < kPauseNsMax);
  while (MonotonicNanoseconds() - start < yield_ns) {
    sched_yield();
    if (ready()) return true;
  }
  return false;
}

}  // namespace ava::transport
