// SPDX-License-Identifier: Apache-2.0
#include "ava/router/gate.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <limits>
#include <thread>

#include "ava/base/futex.h"

namespace ava::router {
namespace {

struct Event {
  std::atomic<bool> done = false;
  std::atomic<int> references = 1;
};

EventFunctions Events() {
  return {.done = [](void* event) { return static_cast<Event*>(event)->done ? 1 : 0; },
          .retain = [](void* event) { ++static_cast<Event*>(event)->references; },
          .release = [](void* event) { --static_cast<Event*>(event)->references; }};
}

std::atomic<std::int64_t> device_time{0};

struct GateTest : testing::Test {
  GateTest() {
    lease.state = wire::kLeaseOpen;
    lease.parked = 0;
    lease.window_ns = 4'000'000;
    lease.units_least = 1;
    lease.commands_limit = std::numeric_limits<std::uint64_t>::max();
    device_time = 0;
  }
  Gate::Options Options() {
    return {.lease = &lease, .doorbell = -1, .events = Events(), .device_ns = [] {
              return device_time.load();
            }};
  }
  // Says false after so many looks.
  static auto For(int looks) {
    return [looks]() mutable { return looks-- > 0; };
  }
  // As the worker does it: an event of our own where one is wanted.
  Event& Submit(Gate& gate) {
    gate.Pass(For(0));
    Event& event = events.emplace_back();
    gate.Submitted(gate.WantsEvent() ? &event : nullptr);
    return event;
  }
  // Units of this length, until the gate knows them.
  void Teach(Gate& gate, std::int64_t unit_ns) {
    for (int i = 0; i < 40; ++i) {
      Submit(gate).done = true;
      device_time += unit_ns;
      gate.Reap();
    }
  }
  // How many can be given until one is held back.
  int Room(Gate& gate, int most = 2000) {
    int room = 0;
    for (; room < most; ++room) {
      int looks = 0;
      gate.Pass([&] { return ++looks < 2; });
      if (looks > 0) break;
      Event& event = events.emplace_back();
      gate.Submitted(gate.WantsEvent() ? &event : nullptr);
    }
    return room;
  }

  wire::Lease lease{};
  wire::LedgerWatch watch{};
  std::deque<Event> events;
};

TEST_F(GateTest, WithoutALeaseHoldsNothingBack) {
  Gate gate({}, watch);
  gate.Pass([] { return false; });
  EXPECT_FALSE(gate.WantsEvent());
  gate.Submitted(nullptr);
  EXPECT_EQ(gate.in_flight(), 0U);
}

TEST_F(GateTest, HoldsUntilTheLeaseOpens) {
  lease.state = 0;
  Gate gate(Options(), watch);
  std::atomic<bool> passed = false;
  std::thread thread([&] {
    gate.Pass([] { return true; });
    passed = true;
  });
  while (wire::LedgerReadUntrusted(watch.waits) == 0) std::this_thread::yield();
  EXPECT_FALSE(passed);
  lease.state = wire::kLeaseOpen | wire::kLeaseChanged;
  FutexWake(lease.state, kFutexWakeAll, FutexScope::kShared);
  thread.join();
  EXPECT_EQ(wire::LedgerReadUntrusted(watch.waits), 0U);
  EXPECT_EQ(wire::LedgerReadUntrusted(watch.submitted), 1U);
}

TEST_F(GateTest, GoesOnWhenTheSessionEnds) {
  lease.state = 0;
  Gate gate(Options(), watch);
  gate.Pass(For(2));
}

TEST_F(GateTest, LetsAsManyCommandsThroughAsTheLeaseSays) {
  lease.commands_limit = 3;
  Gate gate(Options(), watch);
  for (int i = 0; i < 3; ++i)
    gate.Pass([] {
      ADD_FAILURE() << "held";
      return false;
    });
  int looks = 0;
  gate.Pass([&] { return ++looks < 3; });
  EXPECT_EQ(looks, 3);
}

TEST_F(GateTest, RingsWhenParked) {
  lease.parked = 1;
  Gate::Options options = Options();
  options.doorbell = eventfd(0, EFD_NONBLOCK);
  Gate gate(options, watch);
  gate.Pass(For(0));
  std::uint64_t rings = 0;
  EXPECT_EQ(read(options.doorbell, &rings, sizeof(rings)), static_cast<ssize_t>(sizeof(rings)));
  lease.parked = 0;
  gate.Pass(For(0));
  EXPECT_EQ(read(options.doorbell, &rings, sizeof(rings)), -1);
  close(options.doorbell);
}

TEST_F(GateTest, KeepsAboutAWindowOfWorkInFlight) {
  Gate gate(Options(), watch);
  Teach(gate, 400'000);
  EXPECT_NEAR(Room(gate), 10, 3);
}

TEST_F(GateTest, KeepsManyShortUnitsInFlight) {
  Gate gate(Options(), watch);
  Teach(gate, 1'000);
  EXPECT_NEAR(Room(gate), 256, 64);
  EXPECT_LE(Room(gate), 64) << "the window is full";
}

TEST_F(GateTest, HasOneOfTheLongestInFlight) {
  Gate gate(Options(), watch);
  Teach(gate, 100'000'000);
  EXPECT_EQ(Room(gate), 1);
}

TEST_F(GateTest, HasRoomAgainWhenWorkIsThrough) {
  Gate gate(Options(), watch);
  Teach(gate, 400'000);
  const int room = Room(gate);
  for (Event& event : events) event.done = true;
  device_time += 400'000 * room;
  EXPECT_NEAR(Room(gate), room, 3);
}

// A user event that only the program can set: nothing runs, nothing completes.
TEST_F(GateTest, DoesNotHoldBackWorkThatWaitsForTheProgram) {
  Gate gate(Options(), watch);
  Teach(gate, 400'000);
  const int room = Room(gate);
  int looks = 0;
  gate.Pass([&] { return ++looks < 10'000; });
  EXPECT_LT(looks, 10'000);
  EXPECT_EQ(Room(gate, 1000), 1000) << "nothing is held back until something completes";
  for (Event& event : events) event.done = true;
  device_time += 400'000 * (room + 1000);
  EXPECT_LT(Room(gate, 1000), 200);
}

TEST_F(GateTest, WaitsWhileTheDeviceWorks) {
  Gate gate(Options(), watch);
  Teach(gate, 400'000);
  Room(gate);
  const auto start = std::chrono::steady_clock::now();
  int looks = 0;
  gate.Pass([&] {
    device_time += 1'000'000;
    return ++looks < 40;
  });
  EXPECT_EQ(looks, 40);
  EXPECT_GT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(5));
}

TEST_F(GateTest, LetsGoOfEachEvent) {
  {
    Gate gate(Options(), watch);
    Teach(gate, 400'000);
    Room(gate);
  }
  for (const Event& event : events) EXPECT_EQ(event.references, 1);
}

TEST_F(GateTest, HasNoReferenceWhileTheProgramAsks) {
  Gate gate(Options(), watch);
  Event& event = Submit(gate);
  EXPECT_EQ(event.references, 2);
  {
    const Gate::Unheld unheld(gate, &event);
    EXPECT_EQ(event.references, 1);
  }
  EXPECT_EQ(event.references, 2);
}

}  // namespace
}  // namespace ava::router
