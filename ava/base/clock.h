// SPDX-License-Identifier: Apache-2.0
#pragma once

// Monotonic time in nanoseconds. Code with policies in it gets its time as a parameter; this is for
// waits.

#include <time.h>

#include <cstdint>

namespace ava {

inline constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;
inline constexpr std::int64_t kNanosecondsPerMillisecond = 1'000'000;
inline constexpr std::int64_t kNanosecondsPerMicrosecond = 1'000;

inline std::int64_t MonotonicNanoseconds() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * kNanosecondsPerSecond + now.tv_nsec;
}

// A point on that clock, or never.
class Deadline {
 public:
  static Deadline Never() { return Deadline(INT64_MAX); }
  static Deadline At(std::int64_t time_ns) { return Deadline(time_ns); }
  static Deadline In(std::int64_t nanoseconds) {
    const std::int64_t now = MonotonicNanoseconds();
    return Deadline(nanoseconds >= INT64_MAX - now ? INT64_MAX : now + nanoseconds);
  }

  bool IsNever() const { return time_ns_ == INT64_MAX; }
  bool HasPassed() const { return !IsNever() && MonotonicNanoseconds() >= time_ns_; }
  std::int64_t time_ns() const { return time_ns_; }
  // What is left, rounded up, as poll() and its like want it: -1 for never.
  int PollMilliseconds() const {
    if (IsNever()) return -1;
    const std::int64_t left = time_ns_ - MonotonicNanoseconds();
    if (left <= 0) return 0;
    const std::int64_t milliseconds =
        (left + kNanosecondsPerMillisecond - 1) / kNanosecondsPerMillisecond;
    return milliseconds > INT32_MAX ? INT32_MAX : static_cast<int>(milliseconds);
  }

 private:
  explicit Deadline(std::int64_t time_ns) : time_ns_(time_ns) {}
  std::int64_t time_ns_;
};

}  // namespace ava
