// SPDX-License-Identifier: Apache-2.0
#pragma once

// Waiting that begins awake. A wait goes through three states: it pauses for at most two
// microseconds, yields the core for a while, and then its caller sleeps in the kernel. Only pausing
// would keep the accelerator's own threads from a core on which they were just woken; yielding
// costs 130 ns a turn and lets them run at once.

#include <sched.h>

#include <atomic>
#include <cstdint>

#include "ava/base/clock.h"
#include "ava/base/spin.h"

namespace ava::transport {

inline constexpr std::int64_t kPauseNsMax = 2 * kNanosecondsPerMicrosecond;
inline constexpr int kPausesPerLook = 8;  // at the clock
// Others who wait as we do give the core back at once, and then yielding is the faster way, however
// many they are; those who compute keep it for a time slice.
inline constexpr std::int64_t kLateNs = kNanosecondsPerMillisecond;

enum class Awake {
  kAtOnce,    // ready before the core was yielded
  kYielding,  // ready while it was
  kLate,      // ready, but others have had the core for kLateNs longer than we meant to yield it
  kNo,        // not ready
};

// What a wait does with the core it is on. Tests give their own.
struct ThisCore {
  std::int64_t Now() const { return MonotonicNanoseconds(); }
  void Pause() const { SpinPause(); }
  void Yield() const { sched_yield(); }
};

// Until `ready()` is true, or the time is over. With no yield_ns it pauses only.
template <class Ready, class Core = ThisCore>
Awake WaitAwake(std::int64_t yield_ns, Ready&& ready, Core&& core = Core()) {
  if (ready()) return Awake::kAtOnce;
  const std::int64_t start = core.Now();
  do {
    for (int i = 0; i < kPausesPerLook; ++i) {
      core.Pause();
      if (ready()) return Awake::kAtOnce;
    }
  } while (core.Now() - start < kPauseNsMax);
  while (core.Now() - start < yield_ns) {
    core.Yield();
    if (!ready()) continue;
    return core.Now() - start - yield_ns < kLateNs ? Awake::kYielding : Awake::kLate;
  }
  return Awake::kNo;
}

// Whether there is more work than cores. Then a yielded core comes back after the time slices of
// all others, milliseconds, while the scheduler lets a thread run at once that was woken from
// sleep. Any thread; an estimate needs no order.
class Contention {
 public:
  bool MayYield() const {
    const std::uint32_t late = late_.load(std::memory_order_relaxed);
    return late < kLateBeforeSleep || late % kWaitsBetweenTries == 0;
  }
  void Note(Awake how) {
    const std::uint32_t late = late_.load(std::memory_order_relaxed);
    if (how == Awake::kLate || (how == Awake::kNo && late >= kLateBeforeSleep)) {
      late_.store(late + 1, std::memory_order_relaxed);
    } else if (how == Awake::kYielding && late != 0) {
      // After one such wait in time, one that is late is enough to sleep again.
      late_.store(late < kLateBeforeSleep ? 0 : kLateBeforeSleep - 1, std::memory_order_relaxed);
    }
  }

 private:
  static constexpr std::uint32_t kLateBeforeSleep = 4;
  static constexpr std::uint32_t kWaitsBetweenTries = 256;
  std::atomic<std::uint32_t> late_{0};
};

}  // namespace ava::transport
