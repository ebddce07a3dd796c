// SPDX-License-Identifier: Apache-2.0
//
// The end of a session while threads wait in each place where one can wait. Nothing may hang.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <span>
#include <thread>
#include <vector>

#include "ava/transport/test_session.h"

namespace ava::transport {
namespace {

using namespace std::chrono_literals;
using Next = WorkerChannel::Next;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
constexpr auto kUntilAsleep = 10ms;

std::uint32_t Status(wire::ReplyStatus status) { return static_cast<std::uint32_t>(status); }

TEST(Loss, EndsWaitsForReplies) {
  TestSession session;
  std::deque<std::thread> threads;
  std::atomic<int> lost{0};
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&] {
      const Slot slot = session.guest().AcquireSlot();
      session.Submit(1, 0, slot.index);
      lost += session.guest().Await(slot).status == Status(wire::ReplyStatus::kLost) ? 1 : 0;
      session.guest().ReleaseSlot(slot);
    });
  }
  std::this_thread::sleep_for(kUntilAsleep);
  session.worker().Close("the kernel ran for longer than 3 s");
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(lost, 6);
  EXPECT_EQ(session.events().WaitForLoss(), "the kernel ran for longer than 3 s");
}

TEST(Loss, WaitsThatBeginAfterwardsEndToo) {
  TestSession session;
  session.worker().Close("over");
  session.events().WaitForLoss();
  EXPECT_TRUE(session.guest().lost());
  EXPECT_FALSE(session.Submit(1, 0));
  EXPECT_FALSE(session.guest().SubmitAll({}) && session.Submit(1, 0));
  EXPECT_FALSE(session.guest().Allocate(100));
  const Slot slot = session.guest().AcquireSlot();
  EXPECT_EQ(session.guest().Await(slot).status, Status(wire::ReplyStatus::kLost));
  session.guest().ReleaseSlot(slot);
}

TEST(Loss, AReplyPostedBeforeIsDelivered) {
  TestSession session;
  const Slot slot = session.guest().AcquireSlot();
  session.worker().Reply(slot.index, {.status = 0, .error = 0, .result = 5, .produced = 0});
  session.worker().Close("over");
  session.events().WaitForLoss();
  EXPECT_EQ(session.guest().Await(slot).result, 5U);
  session.guest().ReleaseSlot(slot);
}

TEST(Loss, EndsTheWaitForRoomInTheRing) {
  TestSession session;
  std::deque<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      while (session.Submit(1, 0)) {
      }
    });
  }
  std::this_thread::sleep_for(50ms);
  session.worker().Close("over");
  for (std::thread& thread : threads) thread.join();
}

TEST(Loss, EndsTheWaitForMemory) {
  TestSession session({.arena_bytes = 4 * kMiB, .segment_bytes_max = 30 * kMiB});
  const Block large = session.guest().Allocate(29 * kMiB);
  session.guest().FreeWhenDone(large);
  for (int i = 0; i < 3; ++i) session.guest().FreeWhenDone(session.guest().Allocate(kMiB));
  const auto before = std::chrono::steady_clock::now();
  std::thread waiter([&] { EXPECT_FALSE(session.guest().Allocate(20 * kMiB)); });
  std::this_thread::sleep_for(kUntilAsleep);
  session.worker().Close("over");
  waiter.join();
  EXPECT_LT(std::chrono::steady_clock::now() - before, 9s);
}

TEST(Loss, EndsTheWaitForASlot) {
  TestSession session;
  std::deque<std::thread> threads;
  for (std::uint32_t i = 0; i < kSlotsMax + 10; ++i) {
    threads.emplace_back([&] {
      const Slot slot = session.guest().AcquireSlot();
      EXPECT_EQ(session.guest().Await(slot).status, Status(wire::ReplyStatus::kLost));
      session.guest().ReleaseSlot(slot);
    });
  }
  std::this_thread::sleep_for(kUntilAsleep);
  session.worker().Close("over");
  for (std::thread& thread : threads) thread.join();
}

TEST(Loss, IsToldOnceAfterEveryWaiterIsAwake) {
  TestSession session;
  std::atomic<bool> awake{false};
  std::thread waiter([&] {
    const Slot slot = session.guest().AcquireSlot();
    session.guest().Await(slot);
    awake = true;
    session.guest().ReleaseSlot(slot);
  });
  std::this_thread::sleep_for(kUntilAsleep);
  session.worker().Close("over");
  session.worker().Close("again");
  EXPECT_EQ(session.events().WaitForLoss(), "over");
  waiter.join();
  session.Disconnect();
  EXPECT_EQ(session.events().losses(), 1);
}

TEST(Loss, NotToldAfterDisconnect) {
  TestSession session;
  session.Disconnect();
  EXPECT_EQ(session.events().losses(), 0);
}

TEST(Loss, WorkerSeesTheGuestGo) {
  TestSession session({}, {.yield_min = 0us, .yield_max = 0us});
  std::thread worker([&] {
    CommandBuffer buffer = MakeCommandBuffer();
    EXPECT_EQ(session.worker().Receive(buffer, std::chrono::nanoseconds::max()), Next::kClosed);
  });
  std::this_thread::sleep_for(kUntilAsleep);
  session.Disconnect();
  worker.join();
  EXPECT_TRUE(session.worker().closed());
  EXPECT_FALSE(session.worker().Upcall({.bytes = 0, .kind = 1, .callback = 0, .target = 0}, {}));
}

TEST(Loss, EndsTheWorkersWaitForUpcallRoom) {
  TestSession session;
  session.events().Hold(true);
  std::thread worker([&] {
    const std::vector<std::byte> payload(30000);
    const std::span<const std::byte> part(payload);
    while (session.worker().Upcall({.bytes = 0, .kind = 1, .callback = 0, .target = 0},
                                   std::span(&part, 1))) {
    }
  });
  std::this_thread::sleep_for(kUntilAsleep);
  session.worker().Close("over");
  worker.join();
  session.events().Hold(false);
}

TEST(Loss, EndsTheWorkersWaitForASegment) {
  TestSession session;
  std::thread worker([&] {
    EXPECT_EQ(
        session.worker().ArenaUntrusted({.place = 2, .segment = 9, .offset = 0, .bytes = 1}).data(),
        nullptr);
  });
  const auto before = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(kUntilAsleep);
  session.Disconnect();
  worker.join();
  EXPECT_LT(std::chrono::steady_clock::now() - before, 25s);
}

}  // namespace
}  // namespace ava::transport
