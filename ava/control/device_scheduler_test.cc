// SPDX-License-Identifier: Apache-2.0
#include "ava/control/device_scheduler.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "ava/control/lease_page.h"
#include "ava/control/ledger_page.h"

namespace ava::control {
namespace {

using namespace std::chrono_literals;

policy::Settings Fair(double cap = 0) {
  policy::Settings settings;
  settings.policy = policy::FindPolicy("fair");
  settings.tenants[1].cap = cap;
  return settings;
}

// A process that computes, in the place of a worker.
pid_t StartBusy() {
  const pid_t child = fork();
  if (child == 0) {
    for (std::atomic<int> i = 0;; ++i) {
    }
  }
  return child;
}

struct DeviceSchedulerTest : testing::Test {
  ~DeviceSchedulerTest() override {
    if (busy > 0) {
      kill(busy, SIGKILL);
      waitpid(busy, nullptr, 0);
    }
  }
  template <class Condition>
  static bool Soon(Condition condition) {
    for (int i = 0; i < 2000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(5ms);
    }
    return false;
  }
  static void Ring(const DeviceScheduler::Seat& seat) {
    const std::uint64_t one = 1;
    ASSERT_EQ(write(seat.doorbell_fd(), &one, sizeof(one)), static_cast<ssize_t>(sizeof(one)));
  }

  Log log = *Log::Open("/dev/null");
  pid_t busy = -1;
};

TEST_F(DeviceSchedulerTest, ANewSessionIsParkedAndOpen) {
  DeviceScheduler scheduler(Fair(), log);
  const auto ledger = LedgerPage::Create(1);
  const auto seat = scheduler.Add(7, 1, ledger->ledger());
  ASSERT_TRUE(seat.has_value()) << seat.error().message();
  const auto lease = LeasePage::Open(UniqueFd(dup(seat->lease_fd())));
  ASSERT_TRUE(lease.has_value()) << lease.error().message();
  EXPECT_EQ(lease->lease().parked, 1U);
  EXPECT_NE(lease->lease().state & wire::kLeaseOpen, 0U);
  EXPECT_EQ(seat->DeviceNanoseconds(), 0);
}

TEST_F(DeviceSchedulerTest, MeasuresAndParksAgain) {
  busy = StartBusy();
  DeviceScheduler scheduler(Fair(), log);
  const auto ledger = LedgerPage::Create(1);
  auto seat = scheduler.Add(7, 1, ledger->ledger());
  ASSERT_TRUE(seat.has_value());
  seat->Follow(busy);
  const auto lease = LeasePage::Open(UniqueFd(dup(seat->lease_fd())));
  Ring(*seat);
  EXPECT_TRUE(Soon([&] { return lease->lease().parked == 0; }));
  EXPECT_TRUE(Soon([&] { return seat->DeviceNanoseconds() > 50'000'000; }));
  kill(busy, SIGSTOP);
  EXPECT_TRUE(Soon([&] { return lease->lease().parked != 0; }));
}

TEST_F(DeviceSchedulerTest, ClosesTheLeaseOfOneAboveItsCap) {
  busy = StartBusy();
  DeviceScheduler scheduler(Fair(0.001), log);
  const auto ledger = LedgerPage::Create(1);
  auto seat = scheduler.Add(7, 1, ledger->ledger());
  ASSERT_TRUE(seat.has_value());
  seat->Follow(busy);
  const auto lease = LeasePage::Open(UniqueFd(dup(seat->lease_fd())));
  const auto is_open = [&] { return (lease->lease().state & wire::kLeaseOpen) != 0; };
  Ring(*seat);
  EXPECT_TRUE(Soon([&] { return !is_open(); }));
  scheduler.Change(Fair());
  EXPECT_TRUE(Soon(is_open));
}

}  // namespace
}  // namespace ava::control
