// SPDX-License-Identifier: Apache-2.0
#pragma once

// The futex system call. `kShared` for words in memory that two processes map, `kPrivate` for our
// own. A wait may return for no reason: callers look at their word again in a loop.

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdint>

#include "ava/base/clock.h"

namespace ava {

enum class FutexScope : int { kShared = 0, kPrivate = FUTEX_PRIVATE_FLAG };

inline constexpr std::uint32_t kFutexAnyBit = FUTEX_BITSET_MATCH_ANY;
inline constexpr int kFutexWakeAll = INT_MAX;

// Sleeps while `word` is `expected`, until woken with a common bit. False: the deadline has passed.
inline bool FutexWait(std::atomic<std::uint32_t>& word, std::uint32_t expected, FutexScope scope,
                      Deadline deadline = Deadline::Never(), std::uint32_t bits = kFutexAnyBit) {
  timespec until = {};
  if (!deadline.IsNever()) {
    until.tv_sec = deadline.time_ns() / kNanosecondsPerSecond;
    until.tv_nsec = deadline.time_ns() % kNanosecondsPerSecond;
  }
  // WAIT_BITSET, since its time-out is a point on the monotonic clock. syscall() is no cancellation
  // point.
  const long result = syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&word),
                              FUTEX_WAIT_BITSET | static_cast<int>(scope), expected,
                              deadline.IsNever() ? nullptr : &until, nullptr, bits);
  return result == 0 || errno != ETIMEDOUT;
}

inline void FutexWake(std::atomic<std::uint32_t>& word, int count, FutexScope scope,
                      std::uint32_t bits = kFutexAnyBit) {
  syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&word),
          FUTEX_WAKE_BITSET | static_cast<int>(scope), count, nullptr, nullptr, bits);
}

}  // namespace ava
