// SPDX-License-Identifier: Apache-2.0
#include "ava/base/futex.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <thread>

#include "ava/base/clock.h"

namespace ava {
namespace {

TEST(Futex, ReturnsAtOnceWhenTheWordDiffers) {
  std::atomic<std::uint32_t> word{1};
  EXPECT_TRUE(FutexWait(word, 0, FutexScope::kPrivate));
}

TEST(Futex, TimesOut) {
  std::atomic<std::uint32_t> word{1};
  const std::int64_t before = MonotonicNanoseconds();
  EXPECT_FALSE(
      FutexWait(word, 1, FutexScope::kShared, Deadline::In(2 * kNanosecondsPerMillisecond)));
  EXPECT_GE(MonotonicNanoseconds() - before, 2 * kNanosecondsPerMillisecond);
}

TEST(Futex, WakesOnlyItsBits) {
  std::atomic<std::uint32_t> word{0};
  std::atomic<bool> woken{false};
  std::thread sleeper([&] {
    while (word.load() == 0) FutexWait(word, 0, FutexScope::kShared, Deadline::Never(), 2);
    woken = true;
  });
  FutexWake(word, kFutexWakeAll, FutexScope::kShared, 1);
  EXPECT_FALSE(woken);
  word = 1;
  while (!woken) FutexWake(word, 1, FutexScope::kShared, 2);
  sleeper.join();
}

TEST(Deadline, NeverDoesNotPass) {
  EXPECT_TRUE(Deadline::In(INT64_MAX).IsNever());
  EXPECT_FALSE(Deadline::Never().HasPassed());
  EXPECT_EQ(Deadline::Never().PollMilliseconds(), -1);
  EXPECT_TRUE(Deadline::In(0).HasPassed());
  EXPECT_EQ(Deadline::In(-5).PollMilliseconds(), 0);
  EXPECT_GT(Deadline::In(kNanosecondsPerSecond).PollMilliseconds(), 900);
}

}  // namespace
}  // namespace ava
