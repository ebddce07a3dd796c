// SPDX-License-Identifier: Apache-2.0
#include "ava/control/admission.h"

#include <gtest/gtest.h>

namespace ava::control {
namespace {

GuestHello Hello() {
  GuestHello hello;
  hello.functions = 10;
  return hello;
}

TEST(Admission, AdmitsBelowTheLimits) {
  EXPECT_FALSE(Decide({}, Hello(), {.sessions = 255, .sessions_of_user = 127}).has_value());
}

TEST(Admission, IsBusyAtTheLimits) {
  const auto all = Decide({}, Hello(), {.sessions = 256});
  ASSERT_TRUE(all.has_value());
  EXPECT_EQ(all->status, wire::WelcomeStatus::kBusy);
  EXPECT_EQ(all->reason, "all 256 sessions are in use: try again later, or raise 'sessions.max'");
  const auto mine = Decide({}, Hello(), {.sessions = 128, .sessions_of_user = 128});
  ASSERT_TRUE(mine.has_value());
  EXPECT_EQ(mine->status, wire::WelcomeStatus::kBusy);
}

TEST(Admission, IsBusyWhileTooMuchIsClearedAway) {
  EXPECT_FALSE(Decide({}, Hello(), {.dead_of_user = 127}).has_value());
  const auto refusal = Decide({}, Hello(), {.dead_of_user = 128});
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->status, wire::WelcomeStatus::kBusy);
}

TEST(Admission, RefusesAnImpossibleApi) {
  GuestHello hello;
  hello.functions = 100'000;
  const auto refusal = Decide({}, hello, {});
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->status, wire::WelcomeStatus::kRefused);
}

TEST(Admission, TheShorterWatchdogCounts) {
  Config config;
  GuestHello hello;
  EXPECT_EQ(WatchdogNanoseconds(config, hello), 0);
  hello.watchdog_ms = 2000;
  EXPECT_EQ(WatchdogNanoseconds(config, hello), 2'000'000'000);
  config.watchdog_seconds = 1;
  EXPECT_EQ(WatchdogNanoseconds(config, hello), 1'000'000'000);
  hello.watchdog_ms = 0;
  EXPECT_EQ(WatchdogNanoseconds(config, hello), 1'000'000'000);
}

}  // namespace
}  // namespace ava::control
