// SPDX-License-Identifier: Apache-2.0
#include "ava/control/watchdog.h"

#include <gtest/gtest.h>

namespace ava::control {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

// Samples once a second; returns the second in which the session expired, or 0.
class Course {
 public:
  explicit Course(std::int64_t limit_s) : watchdog_(limit_s * kSecond) {}

  int Run(int seconds, double cores, bool progress = false, bool exempt = false) {
    for (int i = 0; i < seconds; ++i) {
      now_.now_ns += kSecond;
      now_.cpu_ns += static_cast<std::int64_t>(cores * kSecond);
      now_.progress += progress ? 1 : 0;
      now_.exempt = exempt;
      if (watchdog_.Expired(now_)) return i + 1;
    }
    return 0;
  }

 private:
  Watchdog watchdog_;
  WatchSample now_;
};

TEST(Watchdog, EndsAKernelThatNeverEnds) {
  Course course(10);
  EXPECT_EQ(course.Run(3, 2.0, true), 0);
  EXPECT_EQ(course.Run(60, 2.0), 10);
}

TEST(Watchdog, LeavesProgressAlone) { EXPECT_EQ(Course(10).Run(1000, 2.0, true), 0); }

TEST(Watchdog, LeavesAWaitingSessionAlone) {
  Course course(10);
  EXPECT_EQ(course.Run(1000, 0.0), 0);
  EXPECT_EQ(course.Run(100'000, 0.005), 0);
}

TEST(Watchdog, DoesNotCountTheTimeBefore) {
  Course course(10);
  EXPECT_EQ(course.Run(1000, 0.0), 0);
  EXPECT_EQ(course.Run(60, 1.0), 10);
}

TEST(Watchdog, LeavesABuildAlone) {
  Course course(10);
  EXPECT_EQ(course.Run(100, 1.0, false, true), 0);
  EXPECT_EQ(course.Run(60, 1.0), 10);
}

TEST(Watchdog, TakesLongerOnABusyMachine) {
  Course course(10);
  EXPECT_EQ(course.Run(1, 0.1), 0);
  EXPECT_EQ(course.Run(1000, 0.1), 50);
}

TEST(Watchdog, IsOffByDefault) { EXPECT_EQ(Course(0).Run(1000, 2.0), 0); }

}  // namespace
}  // namespace ava::control
